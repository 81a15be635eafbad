import * as pulumi from "@pulumi/pulumi";
import { platform } from "./program";

export = platform(pulumi.getProject(), pulumi.runtime.allConfig());
