import type { PreviewRoute, PreviewSpec } from "../components/manifests/preview.ts";
import type { FileSettings } from "./settings/schema.ts";
import type { PullRequest } from "./model.ts";

type SpecSettings = Omit<
  FileSettings,
  "repository" | "concurrency" | "timeout" | "kubernetes" | "github" | "pulumi" | "label"
> & {
  readonly repository: string;
};

/** What the preview of a pull request is to be, from its head and the settings. */
export function previewSpec(settings: SpecSettings, { number, head }: PullRequest): PreviewSpec {
  const { repository, engine, controlNamespace, source, chart, values, route, podSecurity, quota } = settings;
  return {
    number,
    repository,
    sha: head.sha,
    branch: head.branch,
    engine,
    controlNamespace,
    source: { url: head.cloneUrl, interval: source.interval, ...optional("secretName", source.secretName) },
    chart,
    values,
    route: previewRouteSettings({ route }),
    ...optional("podSecurity", podSecurity),
    ...optional("quota", quota),
  };
}

/** The settings of a preview's route; the gateway's address is not part of them. */
export function previewRouteSettings({ route }: Pick<FileSettings, "route">): PreviewRoute {
  const { mode, host, gateway, proxyNamespace } = route;
  return { mode, host, gateway, ...optional("proxyNamespace", proxyNamespace) };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
