import { isPreviewObject } from "../preview-scope";
import { propertiesOf } from "../property-path";
import { at, listOf } from "../resource";
import type { ResourceRule } from "../rule";

export const previewAddsNoCapabilities: ResourceRule = {
  name: "preview-adds-no-capabilities",
  description: "No container of a preview adds Linux capabilities.",
  scope: "Kubernetes objects of previews, chart values among them",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation: "Take `capabilities.add` out; a server that wants a port below 1024 can listen on a higher one.",
  checks: "resource",
  applies: isPreviewObject,
  problems: ({ props }) =>
    [...propertiesOf(props)]
      .filter(({ key }) => key === "capabilities")
      .flatMap(({ path, value }) => {
        const added = listOf(at(value, "add"));
        return added.length === 0 ? [] : [`${path}.add is ${added.map(String).join(", ")}`];
      }),
};
