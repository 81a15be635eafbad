import { UNKNOWN, type Resource } from "../../../policy/resource.ts";
import { changed, inProduction, object, type Cases } from "./cases.ts";
import { golden } from "./golden-program.ts";

const production = {
  namespace: golden("production-app", "namespace"),
  chart: golden("production-app", "chart"),
  release: golden("production-app", "release"),
};
const fluxNamespace = golden("flux", "namespace");
const operator = golden("flux", "operator");
const preview = {
  namespace: golden("preview-environment", "namespace"),
  source: golden("preview-environment", "source"),
  release: golden("preview-environment", "release"),
};

function unprotected(resource: Resource): Resource {
  return { ...resource, protect: false };
}

function helmRelease(spec: Readonly<Record<string, unknown>>): Resource {
  return object("helm.toolkit.fluxcd.io/v2", "HelmRelease", { spec }, inProduction);
}

const repository = { sourceRef: { kind: "HelmRepository", name: "kbot" } };

/** Cases of the rules for production and the platform. */
export const platformCases: Readonly<Record<string, Cases>> = {
  "production-chart-is-trusted": {
    violating: [
      {
        title: "a registry of someone else",
        given: changed(production.chart, { spec: { url: "oci://ghcr.io/den-vasyliev-not/charts/kbot" } }),
        problems: ['spec.url is "oci://ghcr.io/den-vasyliev-not/charts/kbot", allowed is ghcr.io/den-vasyliev'],
      },
      {
        title: "a registry that hides behind a user",
        given: changed(production.chart, { spec: { url: "oci://ghcr.io:secret@example.com/kbot" } }),
        problems: ['spec.url is "oci://example.com/kbot", allowed is ghcr.io/den-vasyliev'],
      },
      {
        title: "pre-releases",
        given: changed(production.chart, { spec: { ref: { semver: ">2.2.0-0" } } }),
        problems: ['spec.ref.semver is ">2.2.0-0", which includes pre-releases'],
      },
      {
        title: "a tag that moves",
        given: changed(production.chart, { spec: { ref: { semver: undefined, tag: "latest" } } }),
        problems: ['spec.ref.tag is "latest", which is no exact version'],
      },
      {
        title: "no reference at all",
        given: changed(production.chart, { spec: { ref: { semver: undefined } } }),
        problems: ["spec.ref.semver is not set"],
      },
      {
        title: "another chart repository",
        given: object(
          "source.toolkit.fluxcd.io/v1",
          "HelmRepository",
          { spec: { url: "https://charts.example.com" } },
          inProduction,
        ),
        problems: ['spec.url is "https://charts.example.com", allowed is ghcr.io/den-vasyliev'],
      },
      {
        title: "a release that takes any version",
        given: helmRelease({ chart: { spec: { chart: "kbot", ...repository } } }),
        problems: ["spec.chart.spec.version is not set"],
      },
      {
        title: "a chart from Git",
        given: helmRelease({
          chart: { spec: { chart: "./helm", version: ">2.2.0", sourceRef: { kind: "GitRepository" } } },
        }),
        problems: ["its chart comes from a GitRepository, which is no registry"],
      },
    ],
    passing: [
      { title: "the component's chart", given: production.chart },
      { title: "the platform's program", given: golden("platform-stack", "chart") },
      {
        title: "an exact version",
        given: golden("production-app-pinned", "chart"),
      },
      { title: "a digest", given: golden("production-app-verified", "chart") },
      {
        title: "another registry that is allowed",
        given: golden("production-app-elsewhere", "chart"),
        settings: { registries: ["registry.example.com:5000"] },
      },
      {
        title: "a release with a range",
        given: helmRelease({ chart: { spec: { chart: "kbot", version: "~2.3", ...repository } } }),
      },
      { title: "a chart that is not known yet", given: changed(production.chart, { spec: UNKNOWN }) },
    ],
    notApplicable: [
      { title: "the component's release, which refers to a source", given: production.release },
      { title: "a preview's source", given: preview.source },
      {
        title: "a chart in a namespace of no interest",
        given: object("source.toolkit.fluxcd.io/v1", "OCIRepository", {}, { stack: "dev", namespace: "tools" }),
      },
    ],
  },

  "production-release-remediates": {
    violating: [
      {
        title: "none",
        given: changed(production.release, { spec: { install: undefined, upgrade: { remediation: undefined } } }),
        problems: [
          "spec.install has neither remediation.retries nor strategy RetryOnFailure",
          "spec.upgrade has neither remediation.retries nor strategy RetryOnFailure",
        ],
      },
      {
        title: "no retry",
        given: changed(production.release, { spec: { install: { remediation: { retries: 0 } } } }),
        problems: ["spec.install has neither remediation.retries nor strategy RetryOnFailure"],
      },
    ],
    passing: [
      { title: "the component's release", given: production.release },
      { title: "retries that are not known yet", given: changed(production.release, { spec: { install: UNKNOWN } }) },
    ],
    notApplicable: [
      { title: "a preview's release", given: preview.release },
      { title: "production's source", given: production.chart },
    ],
  },

  "production-is-protected": {
    violating: [
      {
        title: "the release, unprotected",
        given: unprotected(production.release),
        problems: ["it is not protected: one `pulumi destroy` would take production down"],
      },
      {
        title: "a namespace that the settings call production",
        given: object("v1", "Namespace", { metadata: { name: "shop", namespace: undefined } }, { stack: "dev" }),
        settings: { namespaces: ["shop"] },
        problems: ["it is not protected: one `pulumi destroy` would take production down"],
      },
    ],
    passing: [
      { title: "the component's release", given: production.release },
      { title: "the component's namespace", given: production.namespace },
    ],
    notApplicable: [
      { title: "production's source", given: production.chart },
      { title: "a preview's release", given: preview.release },
      { title: "a namespace of the platform", given: fluxNamespace },
    ],
  },

  "platform-charts-are-pinned": {
    violating: [
      { title: "a range", given: changed(operator, { version: "0.59.x" }), problems: ['version is "0.59.x"'] },
      { title: "no version", given: changed(operator, { version: undefined }), problems: ["version is not set"] },
      { title: "half a version", given: changed(operator, { version: "v1.9" }), problems: ['version is "v1.9"'] },
    ],
    passing: [
      { title: "Flux Operator's chart", given: operator },
      { title: "Envoy Gateway's chart", given: golden("gateway", "controller") },
      { title: "a pre-release", given: changed(operator, { version: "1.0.0-rc.1+build" }) },
      { title: "a version that is not known yet", given: changed(operator, { version: UNKNOWN }) },
    ],
    notApplicable: [
      {
        title: "a chart in a folder",
        given: changed(operator, { chart: "./charts/flux-operator", version: undefined }),
      },
      {
        title: "an archive",
        given: changed(operator, { chart: "https://charts.example.com/a-1.2.3.tgz", version: undefined }),
      },
      {
        title: "a Release of a preview",
        given: changed(operator, { version: undefined }, { urn: "urn:pulumi:pr-41::previews::x::operator" }),
      },
      { title: "an object", given: fluxNamespace },
    ],
  },

  "platform-namespaces-are-protected": {
    violating: [
      {
        title: "Flux's namespace, unprotected",
        given: unprotected(fluxNamespace),
        problems: ["it is not protected: deleting it deletes everything inside"],
      },
      {
        title: "a namespace that is labelled as the platform's",
        given: object(
          "v1",
          "Namespace",
          {
            metadata: {
              name: "monitoring",
              namespace: undefined,
              labels: { "preview-environments.dev/platform": "monitoring" },
            },
          },
          { stack: "dev" },
        ),
        problems: ["it is not protected: deleting it deletes everything inside"],
      },
    ],
    passing: [
      { title: "Flux's namespace", given: fluxNamespace },
      { title: "the gateway's namespace", given: golden("gateway", "namespace") },
      { title: "the control namespace of previews", given: golden("preview-control", "namespace") },
    ],
    notApplicable: [
      { title: "production's namespace, which has its own rule", given: production.namespace },
      { title: "a preview's namespace", given: preview.namespace },
      {
        title: "someone else's namespace",
        given: object("v1", "Namespace", { metadata: { name: "x", namespace: undefined } }, { stack: "dev" }),
      },
    ],
  },
};
