/** Annotation with which the Kubernetes provider waits for a condition of the object's own status. */
export function awaitCondition(condition: string): Record<string, string> {
  return { "pulumi.com/waitFor": `condition=${condition}` };
}
