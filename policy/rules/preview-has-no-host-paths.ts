import { isPreviewObject } from "../preview-scope";
import { propertiesOf } from "../property-path";
import { isObject, textOf } from "../resource";
import type { ResourceRule } from "../rule";

export const previewHasNoHostPaths: ResourceRule = {
  name: "preview-has-no-host-paths",
  description: "No pod of a preview mounts a folder of its node.",
  scope: "Kubernetes objects of previews, chart values among them",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Use an emptyDir, a ConfigMap or a PersistentVolumeClaim in place of the hostPath.",
  checks: "resource",
  applies: isPreviewObject,
  problems: ({ props }) =>
    [...propertiesOf(props)]
      .filter(({ key, value, owner }) => key === "hostPath" && !Array.isArray(owner) && isMounted(value))
      .map(({ path }) => `${path} is set`),
};

/** Charts write an object, as Kubernetes does, or the path alone. */
function isMounted(value: unknown): boolean {
  return isObject(value) || textOf(value) !== undefined;
}
