import * as pulumi from "@pulumi/pulumi";
import { parsePreviewName } from "../../components/manifests/preview-name";
import {
  previewDefaults,
  type GatewayReference,
  type PreviewChart,
  type PreviewRoute,
  type PreviewSource,
  type PreviewSpec,
} from "../../components/manifests/preview-spec";
import { oneOf, rules } from "../../components/rules";
import { json, readSettings, text, type SettingsOf } from "../settings";
import type { PreviewProgramArgs } from "./program";

interface PreviewSettings {
  readonly preview: Pick<PreviewSpec, "repository" | "sha" | "controlNamespace" | "values" | "podSecurity">;
  readonly head: Partial<Pick<PreviewSpec, "branch">>;
  readonly source: PreviewSource;
  readonly chart: PreviewChart;
  readonly route: PreviewRoute;
  readonly gateway: GatewayReference;
  readonly program: Omit<PreviewProgramArgs, "spec">;
}

/** Which key of the configuration is which part of the preview. Described, with their defaults, in `Pulumi.yaml`. */
const sections: { readonly [Name in keyof PreviewSettings]: SettingsOf<PreviewSettings[Name]> } = {
  preview: {
    repository: text("repository", rules.nonEmpty),
    sha: text("sha", rules.nonEmpty),
    controlNamespace: text("controlNamespace", rules.name),
    values: json("chartValues", rules.object),
    podSecurity: text("podSecurity", rules.nonEmpty),
  },
  head: { branch: text("branch", rules.nonEmpty) },
  source: {
    url: text("sourceUrl", rules.nonEmpty),
    secretName: text("sourceSecret", rules.name),
    provider: text("sourceProvider", oneOf(["github"])),
    interval: text("sourceInterval", rules.duration),
  },
  chart: {
    path: text("chartPath", rules.nonEmpty),
    interval: text("chartInterval", rules.duration),
    timeout: text("chartTimeout", rules.duration),
  },
  route: {
    mode: text("routeMode", oneOf(["path", "host"])),
    host: text("host", rules.host),
  },
  gateway: {
    name: text("gatewayName", rules.name),
    namespace: text("gatewayNamespace", rules.name),
  },
  program: {
    kubeconfig: text("kubeconfig", rules.kubeconfig),
    context: text("context", rules.nonEmpty),
    timeout: text("timeout", rules.duration),
  },
};

/** The preview that a stack stands for: its name says which pull request, its configuration the rest. */
export function previewSettings(
  project: string,
  stack: string,
  config: Readonly<Record<string, string>>,
): PreviewProgramArgs {
  const identity = parsePreviewName(stack);
  if (identity === undefined) {
    throw new pulumi.RunError(`stack "${stack}" is not named after a pull request, such as "pr-41"`);
  }
  const { preview, head, source, chart, route, gateway, program } = readSettings(project, config, sections);
  return {
    ...program,
    spec: {
      ...previewDefaults,
      branch: head.branch ?? "",
      ...preview,
      number: identity.number,
      ...(identity.app === undefined ? {} : { app: identity.app }),
      source: { ...previewDefaults.source, ...source },
      chart: { ...previewDefaults.chart, ...chart },
      route: { ...previewDefaults.route, ...route, gateway: { ...previewDefaults.route.gateway, ...gateway } },
    },
  };
}
