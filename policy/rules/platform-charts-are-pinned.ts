import { previewOf } from "../preview-scope";
import { at, textOf, UNKNOWN } from "../resource";
import type { ResourceRule } from "../rule";

const RELEASE = "kubernetes:helm.sh/v3:Release";
const EXACT_VERSION = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
/** A folder, an archive or the URL of one: there the chart itself says its version. */
const OWN_VERSION = /^[./]|^https?:\/\/|\.tgz$/;

export const platformChartsArePinned: ResourceRule = {
  name: "platform-charts-are-pinned",
  description: "A Helm Release of the platform pins an exact chart version.",
  scope: "Resources of type helm.sh/v3:Release outside previews",
  severity: "medium",
  enforcementLevel: "mandatory",
  remediation:
    "Set `version` to an exact version such as `1.2.3`, so that an update of the platform is a change in Git.",
  checks: "resource",
  applies: (resource) =>
    resource.type === RELEASE &&
    previewOf(resource) === undefined &&
    !OWN_VERSION.test(textOf(at(resource.props, "chart")) ?? ""),
  problems({ props }) {
    const version = at(props, "version");
    if (version === UNKNOWN || (typeof version === "string" && EXACT_VERSION.test(version))) return [];
    return [textOf(version) === undefined ? "version is not set" : `version is "${String(version)}"`];
  },
};
