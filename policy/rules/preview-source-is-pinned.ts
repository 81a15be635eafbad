import { isPreviewObject } from "../preview-scope";
import { at, isKind, isObject, textOf, UNKNOWN, type Resource } from "../resource";
import type { ResourceRule } from "../rule";

const SOURCES = "source.toolkit.fluxcd.io";
const SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

export const previewSourceIsPinned: ResourceRule = {
  name: "preview-source-is-pinned",
  description: "Every Flux source of a preview is pinned: a GitRepository to a commit, an OCIRepository to a digest.",
  scope: "Flux sources and HelmReleases of previews",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    "Set spec.ref.commit to the full sha of the pull request's head, or spec.ref.digest: what was admitted is then what runs, whatever is pushed next.",
  checks: "resource",

  applies: (resource) =>
    isPreviewObject(resource) &&
    (isKind(resource, SOURCES, "GitRepository", "OCIRepository", "HelmRepository", "Bucket") ||
      isKind(resource, "helm.toolkit.fluxcd.io", "HelmRelease")),

  problems(resource) {
    if (isKind(resource, SOURCES, "GitRepository")) return commitProblems(at(resource.props, "spec", "ref"));
    if (isKind(resource, SOURCES, "OCIRepository")) return digestProblems(at(resource.props, "spec", "ref"));
    return looseSourceProblems(resource);
  },
};

function commitProblems(ref: unknown): string[] {
  const commit = at(ref, "commit");
  if (commit === UNKNOWN) return [];
  if (typeof commit === "string" && SHA.test(commit)) return [];
  if (textOf(commit) !== undefined) return [`spec.ref.commit is "${String(commit)}", which is not a full sha`];
  return [`spec.ref has no commit: it follows ${followed(ref)}`];
}

function digestProblems(ref: unknown): string[] {
  const digest = at(ref, "digest");
  const isPinned = digest === UNKNOWN || textOf(digest) !== undefined;
  return isPinned ? [] : [`spec.ref has no digest: it follows ${followed(ref)}`];
}

function followed(ref: unknown): string {
  const given = isObject(ref) ? Object.entries(ref).map(([key, value]) => `${key} "${String(value)}"`) : [];
  return given.length === 0 ? "what the source calls its newest" : given.join(", ");
}

/** These kinds, and a chart from one of them, have nothing to pin them by. */
function looseSourceProblems(resource: Resource): string[] {
  if (!isKind(resource, "helm.toolkit.fluxcd.io", "HelmRelease")) return ["its kind cannot be pinned"];
  const kind = at(resource.props, "spec", "chart", "spec", "sourceRef", "kind");
  return kind === "HelmRepository" || kind === "Bucket"
    ? [`its chart comes from a ${kind}, which cannot be pinned`]
    : [];
}
