import { isProduction, productionNamespaces } from "../platform-scope";
import { at, isKind, textOf, UNKNOWN, type Resource } from "../resource";
import type { ResourceRule } from "../rule";
import { rangeProblem } from "../version-range";

/** A version of a chart as a tag, in which "_" stands for "+". A pre-release may be named, not fallen into. */
const EXACT = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(_[0-9A-Za-z.-]+)?$/;
const SOURCES = "source.toolkit.fluxcd.io";

export const productionChartIsTrusted: ResourceRule = {
  name: "production-chart-is-trusted",
  description:
    "In production a chart comes from an allowed registry, and follows a semver range that excludes pre-releases or stays at one version or digest.",
  scope: "OCIRepositories, HelmRepositories and HelmReleases of production",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    "Take the chart from one of the registries that the rule's configuration allows, and give a range such as `>2.2.0` or `~2.3`, an exact version, or a digest.",
  settings: {
    registries: {
      description: "Registries charts may come from: a host, or a host and the path below which they lie",
      default: ["ghcr.io/den-vasyliev"],
    },
    namespaces: productionNamespaces,
  },
  checks: "resource",

  applies: (resource, settings) =>
    isProduction(resource, settings) &&
    (isKind(resource, SOURCES, "OCIRepository", "HelmRepository") || chartSpec(resource) !== undefined),

  problems(resource, { registries = [] }) {
    if (isKind(resource, SOURCES, "OCIRepository")) {
      return [...registryProblems(resource, registries), ...referenceProblems(at(resource.props, "spec", "ref"))];
    }
    if (isKind(resource, SOURCES, "HelmRepository")) return registryProblems(resource, registries);
    return chartProblems(chartSpec(resource));
  },
};

/** The chart a HelmRelease fetches by itself; undefined where it refers to an OCIRepository. */
function chartSpec(resource: Resource): unknown {
  if (!isKind(resource, "helm.toolkit.fluxcd.io", "HelmRelease")) return undefined;
  return at(resource.props, "spec", "chart", "spec");
}

function registryProblems(resource: Resource, registries: readonly string[]): string[] {
  const given = at(resource.props, "spec", "url");
  if (given === UNKNOWN) return [];
  // A user and password, which should not be there either, are neither compared nor shown.
  const url = String(given).replace(/\/\/[^/]*@/, "//");
  const place = url.replace(/^[a-z]+:\/\//, "");
  if (registries.some((registry) => place === registry || place.startsWith(`${registry}/`))) return [];
  return [`spec.url is "${url}", allowed is ${registries.join(", ")}`];
}

/** What decides for Flux: a digest before a range, a range before a tag. */
function referenceProblems(ref: unknown): string[] {
  if (ref === UNKNOWN) return [];
  const [digest, semver, tag] = [at(ref, "digest"), at(ref, "semver"), at(ref, "tag")];
  if (digest === UNKNOWN || textOf(digest) !== undefined) return [];
  if (semver !== undefined || tag === undefined) return rangeProblem("spec.ref.semver", semver);
  if (tag === UNKNOWN) return [];
  const text = textOf(tag) ?? "";
  return EXACT.test(text) ? [] : [`spec.ref.tag is "${text}", which is no exact version`];
}

function chartProblems(spec: unknown): string[] {
  if (spec === UNKNOWN) return [];
  const kind = at(spec, "sourceRef", "kind");
  const source =
    kind === UNKNOWN || kind === "HelmRepository"
      ? []
      : [`its chart comes from a ${String(kind)}, which is no registry`];
  return [...source, ...rangeProblem("spec.chart.spec.version", at(spec, "version"))];
}
