import {
  previewRoute,
  type PreviewIdentity,
  type PreviewRoute,
  type PreviewSpec,
  type RoutedAt,
} from "../components/manifests/preview.ts";
import {
  previewSetDefaults,
  type PreviewSetSpec,
  type SharedPreviewSpec,
} from "../components/manifests/preview-set-spec.ts";
import { appsOf, type App } from "./apps.ts";
import type { PullRequest } from "./model.ts";
import type { FileSettings } from "./settings/schema.ts";

type SpecSettings = Pick<
  FileSettings,
  "engine" | "controlNamespace" | "source" | "chart" | "values" | "route" | "podSecurity" | "quota"
> & { readonly repository: string };

/** What the preview of a pull request is to be, from its head and the settings. */
export function previewSpec(
  settings: SpecSettings,
  { number, head }: PullRequest,
  { name: app, settings: own }: App,
): PreviewSpec {
  const { repository, engine, controlNamespace, source, chart, values, podSecurity, quota } = settings;
  return {
    number,
    ...optional("app", app),
    repository,
    sha: head.sha,
    branch: head.branch,
    engine,
    controlNamespace,
    source: {
      url: head.cloneUrl,
      interval: source.interval,
      ...optional("secretName", source.secretName),
      ...optional("provider", source.provider),
    },
    chart: { ...chart, ...optional("path", own?.chart.path) },
    values: { ...values, ...own?.values },
    route: previewRouteSettings(settings, own),
    ...optional("podSecurity", podSecurity),
    ...optional("quota", quota),
  };
}

/** The set that Flux Operator is to render the previews from. */
export function previewSet(settings: SpecSettings): PreviewSetSpec {
  return { name: previewSetDefaults.name, source: "admission", preview: sharedPreviewSpec(settings) };
}

function sharedPreviewSpec(settings: SpecSettings): SharedPreviewSpec {
  const { repository, controlNamespace, source, chart, values, podSecurity, quota } = settings;
  return {
    repository,
    controlNamespace,
    source: { url: "", interval: source.interval, ...optional("secretName", source.secretName) },
    chart,
    values,
    route: previewRouteSettings(settings, undefined),
    ...optional("podSecurity", podSecurity),
    ...optional("quota", quota),
  };
}

/** Where a preview answers. */
export function routeOf({ number, app }: PreviewIdentity, settings: Pick<FileSettings, "route" | "apps">): RoutedAt {
  const own = appsOf(settings).find(({ name }) => name === app)?.settings;
  return previewRoute({ number, ...optional("app", app), route: previewRouteSettings(settings, own) });
}

/** The settings of a preview's route; the gateway's address is not part of them. */
function previewRouteSettings({ route }: Pick<FileSettings, "route">, own: App["settings"]): PreviewRoute {
  const { mode, host, gateway, proxyNamespace } = route;
  return { mode, host: own?.host ?? host, gateway, ...optional("proxyNamespace", proxyNamespace) };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
