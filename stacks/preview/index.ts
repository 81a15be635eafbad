import * as pulumi from "@pulumi/pulumi";
import { previewSettings } from "./preview-settings";
import { previewProgram } from "./program";

export = previewProgram(previewSettings(pulumi.getProject(), pulumi.getStack(), pulumi.runtime.allConfig()));
