import { copyFile, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { globSync } from "node:fs";
import { parseAllDocuments, stringify } from "yaml";
import type { Tools } from "../tools/ensure-tools.ts";

/** A chart that the sandbox's registry holds. */
export interface ClusterChart {
  readonly name: string;
  readonly version: string;
  readonly appVersion: string;
  /** Other versions under which it is found: the official one has tags with and without "v". */
  readonly aliases: readonly string[];
  /** Lays the chart's files out in a folder. */
  readonly write: (folder: string) => Promise<void>;
}

/** The charts of the platform, each made from the module that its program is built from. */
export function clusterCharts({ folders, versions }: Tools): readonly ClusterChart[] {
  const fluxOperator = versions["flux-operator"];
  const gateway = versions["envoy-gateway"];
  return [
    {
      name: "flux-operator",
      version: fluxOperator.replace(/^v/, ""),
      appVersion: fluxOperator,
      aliases: [],
      write: (folder) => writeFluxOperator(folder, join(folders["flux-operator"], "config")),
    },
    {
      name: "gateway-helm",
      version: gateway,
      appVersion: gateway,
      aliases: [gateway.replace(/^v/, "")],
      write: (folder) => writeGateway(folder, join(folders["envoy-gateway"], "chart"), gateway),
    },
  ];
}

/** The module has no chart: ours, with the definitions and roles of the module's kustomize base. */
async function writeFluxOperator(folder: string, config: string): Promise<void> {
  await cp(join(import.meta.dirname, "flux-operator"), folder, { recursive: true });
  const manifests = join(folder, "manifests");
  await mkdir(join(manifests, "crds"), { recursive: true });
  for (const file of globSync(join(config, "crd", "bases", "*.yaml")).sort())
    await copyFile(file, join(manifests, "crds", basename(file)));
  const rbac = await readFile(join(config, "default", "rbac.yaml"), "utf8");
  await writeFile(join(manifests, "roles.yaml"), clusterRoles(rbac));
}

/** Only the roles: the binding to them names a namespace, and is the chart's own. */
export function clusterRoles(manifests: string): string {
  const documents = parseAllDocuments(manifests).map((document) => document.toJS() as { kind?: string } | null);
  return documents
    .filter((object) => object?.kind === "ClusterRole")
    .map((object) => stringify(object))
    .join("---\n");
}

/** The module's chart, with the two settings that a release of it would fill in. */
async function writeGateway(folder: string, chart: string, version: string): Promise<void> {
  await cp(chart, folder, { recursive: true });
  const template = await readFile(join(chart, "values.tmpl.yaml"), "utf8");
  await writeFile(join(folder, "values.yaml"), gatewayValues(template, version));
}

export function gatewayValues(template: string, version: string): string {
  const settings: Record<string, string> = {
    GatewayImage: `docker.io/envoyproxy/gateway:${version}`,
    GatewayImagePullPolicy: "IfNotPresent",
  };
  return template.replaceAll(/\$\{(\w+)\}/g, (placeholder, name: string) => {
    const setting = settings[name];
    if (setting === undefined) throw new Error(`Envoy Gateway's chart has a setting nobody fills in: "${placeholder}"`);
    return setting;
  });
}
