const PREFIX = "pr-";
const APP = "[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?";
const NAME = new RegExp(`^${PREFIX}([1-9][0-9]{0,9})(?:-(${APP}))?$`);
const APP_NAME = new RegExp(`^${APP}$`);

/** Which preview: a pull request's, or where a repository has several apps, that of one of them. */
export interface PreviewIdentity {
  readonly number: number;
  /** Name of the app. Default: the repository has one, and it needs no name. */
  readonly app?: string | undefined;
}

/** The name of a preview's stack, workload namespace, service account and Flux objects: `pr-41`, or `pr-41-api`. */
export function previewName({ number, app }: PreviewIdentity): string {
  return app === undefined ? `${PREFIX}${number}` : `${PREFIX}${number}-${app}`;
}

/** What a preview's name stands for; undefined for every name {@link previewName} would not give. */
export function parsePreviewName(name: string): PreviewIdentity | undefined {
  const [, number, app] = NAME.exec(name) ?? [];
  if (number === undefined) return undefined;
  return app === undefined ? { number: Number(number) } : { number: Number(number), app };
}

export function isAppName(text: string): boolean {
  return APP_NAME.test(text);
}
