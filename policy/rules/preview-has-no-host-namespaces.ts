import { isPreviewObject } from "../preview-scope";
import { propertiesOf } from "../property-path";
import type { ResourceRule } from "../rule";

const HOST_NAMESPACES = ["hostIPC", "hostNetwork", "hostPID"];

export const previewHasNoHostNamespaces: ResourceRule = {
  name: "preview-has-no-host-namespaces",
  description: "No pod of a preview shares the network, processes or memory of its node.",
  scope: "Kubernetes objects of previews, chart values among them",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    "Take hostNetwork, hostPID and hostIPC out: with them no network policy holds, and every process is in reach.",
  checks: "resource",
  applies: isPreviewObject,
  problems: ({ props }) =>
    [...propertiesOf(props)]
      .filter(({ key, value }) => HOST_NAMESPACES.includes(key) && value === true)
      .map(({ path }) => `${path} is true`),
};
