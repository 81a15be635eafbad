/**
 * Whether a backend is a store that Pulumi keeps states in by itself, and no service such as Pulumi Cloud:
 * https://www.pulumi.com/docs/iac/concepts/state-and-backends/ PURE.
 */
export function isDiyBackend(url: string): boolean {
  return !url.startsWith("http");
}

/** Full name of a stack in such a backend, where all are of one organization. In a service it is for the service to say. PURE. */
export function diyStackName(project: string, stack: string): string {
  return `organization/${project}/${stack}`;
}
