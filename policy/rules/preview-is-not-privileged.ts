import { isPreviewObject } from "../preview-scope";
import { propertiesOf } from "../property-path";
import type { ResourceRule } from "../rule";

export const previewIsNotPrivileged: ResourceRule = {
  name: "preview-is-not-privileged",
  description: "No container of a preview is privileged.",
  scope: "Kubernetes objects of previews, chart values among them",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Take `privileged: true` out: a privileged container owns its node, and with it every other preview.",
  checks: "resource",
  applies: isPreviewObject,
  problems: ({ props }) =>
    [...propertiesOf(props)]
      .filter(({ key, value }) => key === "privileged" && value === true)
      .map(({ path }) => `${path} is true`),
};
