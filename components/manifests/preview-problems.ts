import { MAX_HOST_LENGTH, isDnsName, isDuration, isHostName } from "./kubernetes-syntax";
import { previewRoute } from "./preview-route";
import { isAppName } from "./preview-name";
import type { PreviewSpec } from "./preview-spec";

const SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const REPOSITORY = /^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/;
const CLONE_URL = /^(https?|ssh):\/\/[^\s/]+\/\S+$/;
const POD_SECURITY = ["restricted", "baseline", "privileged"];

/** Every reason why this spec cannot become a preview, each with its key and what is allowed. Empty: it can. */
export function previewProblems(spec: PreviewSpec): string[] {
  const { number, repository, sha, controlNamespace, source, chart, route } = spec;
  const checks: [string, unknown, boolean, string][] = [
    ["number", number, Number.isSafeInteger(number) && number > 0 && number < 1e10, "a pull request number from 1"],
    [
      "app",
      spec.app,
      spec.app === undefined || isAppName(spec.app),
      'a name of at most 30 lower-case letters, digits and "-"',
    ],
    ["repository", repository, REPOSITORY.test(repository), '"owner/name"'],
    ["sha", sha, SHA.test(sha), "a full commit sha in lower-case hex"],
    ["engine", spec.engine, ["automation", "flux"].includes(spec.engine), '"automation" or "flux"'],
    ["controlNamespace", controlNamespace, isDnsName(controlNamespace), "a namespace name"],
    ["source.url", source.url, CLONE_URL.test(source.url), "an http://, https:// or ssh:// clone URL"],
    ["source.secretName", source.secretName, isOptionalName(source.secretName), "a Secret's name"],
    [
      "source.provider",
      source.provider,
      source.provider === undefined || (source.provider as string) === "github",
      '"github"',
    ],
    ["source.interval", source.interval, isDuration(source.interval), 'a duration such as "1h"'],
    ["chart.path", chart.path, isInsideRepository(chart.path), 'a folder of the repository such as "./helm"'],
    ["chart.interval", chart.interval, isDuration(chart.interval), 'a duration such as "1m"'],
    ["chart.timeout", chart.timeout, isDuration(chart.timeout), 'a duration such as "5m"'],
    ["route.mode", route.mode, ["path", "host"].includes(route.mode), '"path" or "host"'],
    [
      "route.host",
      route.host,
      isHostName(route.host) && previewRoute(spec).host.length <= MAX_HOST_LENGTH,
      'a host name such as "kbot.example.com"',
    ],
    ["route.gateway.name", route.gateway?.name, isOptionalName(route.gateway?.name), "a Gateway's name"],
    ["route.gateway.namespace", route.gateway?.namespace, isOptionalName(route.gateway?.namespace), "a namespace name"],
    ["route.proxyNamespace", route.proxyNamespace, isOptionalName(route.proxyNamespace), "a namespace name"],
    [
      "podSecurity",
      spec.podSecurity,
      spec.podSecurity === undefined || POD_SECURITY.includes(spec.podSecurity),
      POD_SECURITY.map((level) => `"${level}"`).join(", "),
    ],
  ];
  return checks
    .filter(([, , ok]) => !ok)
    .map(([key, value, , allowed]) => `${key}: ${JSON.stringify(value)} is not ${allowed}`);
}

/** Throws one error that names the preview and every problem of its spec. */
export function assertPreviewSpec(spec: PreviewSpec): void {
  const problems = previewProblems(spec);
  if (problems.length === 0) return;
  throw new Error(`the preview of pull request ${spec.number} cannot be made:\n  ${problems.join("\n  ")}`);
}

function isOptionalName(name: string | undefined): boolean {
  return name === undefined || isDnsName(name);
}

function isInsideRepository(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !/[\s\\]/.test(path) && !path.split("/").includes("..");
}
