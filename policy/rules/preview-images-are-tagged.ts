import { isPreviewObject } from "../preview-scope";
import { propertiesOf, type Property } from "../property-path";
import { isObject } from "../resource";
import type { ResourceRule } from "../rule";

export const previewImagesAreTagged: ResourceRule = {
  name: "preview-images-are-tagged",
  description: "Every image of a preview has a tag other than `latest`, or a digest.",
  scope: "Kubernetes objects of previews, chart values among them",
  severity: "medium",
  enforcementLevel: "mandatory",
  remediation:
    "Name the image by the commit it was built from, or by its digest, so that a preview shows one commit only.",
  checks: "resource",
  applies: isPreviewObject,
  problems: ({ props }) => [...propertiesOf(props)].filter(({ key }) => key === "image").flatMap(imageProblems),
};

/** In a pod an image is a text; in chart values also an object with repository, tag and digest. */
function imageProblems({ path, value }: Property): string[] {
  if (typeof value === "string") return referenceProblems(path, value);
  // Without a tag it is the chart's own, which nobody sees from here.
  return isObject(value) && value["tag"] === "latest" && !value["digest"] ? [`${path}.tag is "latest"`] : [];
}

function referenceProblems(path: string, reference: string): string[] {
  if (reference === "" || reference.includes("@")) return [];
  // The colon of a registry's port is not that of a tag.
  const tag = /:([^:/]+)$/.exec(reference)?.[1];
  if (tag === undefined) return [`${path} is "${reference}", without a tag`];
  return tag === "latest" ? [`${path} is "${reference}"`] : [];
}
