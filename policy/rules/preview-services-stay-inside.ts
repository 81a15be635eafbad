import { isPreviewObject } from "../preview-scope";
import { propertiesOf } from "../property-path";
import type { ResourceRule } from "../rule";

const OUTSIDE = ["LoadBalancer", "NodePort"];

export const previewServicesStayInside: ResourceRule = {
  name: "preview-services-stay-inside",
  description: "No Service of a preview is of type LoadBalancer or NodePort.",
  scope: "Kubernetes objects of previews, chart values among them",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation: "Make the Service of type ClusterIP, and reach it by an HTTPRoute of the gateway.",
  checks: "resource",
  applies: isPreviewObject,
  problems: ({ props }) =>
    [...propertiesOf(props)]
      // Charts call it `service.type`, `serviceType` and the like.
      .filter(({ key, value }) => /type$/i.test(key) && OUTSIDE.includes(String(value)))
      .map(({ path, value }) => `${path} is ${String(value)}`),
};
