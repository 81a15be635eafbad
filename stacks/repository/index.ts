import * as pulumi from "@pulumi/pulumi";
import { repositoryProgram } from "./program";

export = repositoryProgram(pulumi.getProject(), pulumi.runtime.allConfig());
