const PREFIX = "pr-";
const NAME = /^pr-([1-9][0-9]{0,9})$/;

/** The name of a pull request's stack, workload namespace, service account and Flux objects: `pr-41`. */
export function previewName(number: number): string {
  return `${PREFIX}${number}`;
}

/** The pull request number a preview's name stands for; undefined for every name {@link previewName} would not give. */
export function parsePreviewName(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
