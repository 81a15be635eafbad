/** Where a repository lies, as a Git remote tells. */
export interface Remote {
  readonly host: string;
  /** `owner/name`. */
  readonly repository: string;
}

/** What the folder tells before anybody is asked. */
export interface Found {
  /** Git's remote `origin`. */
  readonly remote: Remote | undefined;
  /** Folders of the repository with a Helm chart, the likeliest first. */
  readonly charts: readonly string[];
}

const SCP_LIKE = /^(?:[^@/\s]+@)?([A-Za-z0-9.-]{2,}):(?!\/\/)\/?(.+)$/;
const OWNER_AND_NAME = /^\/?([A-Za-z0-9._-]+\/[A-Za-z0-9._-]+?)(?:\.git)?\/?$/;

/** Reads a remote's URL: `https://host/owner/name`, `ssh://git@host/owner/name` or `git@host:owner/name`. */
export function remoteOf(url: string): Remote | undefined {
  const [host, path] = url.includes("://") ? hostAndPath(url) : (SCP_LIKE.exec(url)?.slice(1) ?? []);
  const repository = OWNER_AND_NAME.exec(path ?? "")?.[1];
  return host === undefined || host === "" || repository === undefined ? undefined : { host, repository };
}

function hostAndPath(url: string): [string?, string?] {
  if (!/^(https?|ssh|git):/.test(url) || !URL.canParse(url)) return [];
  const { hostname, pathname } = new URL(url);
  return [hostname, pathname];
}

/** The API of a GitHub Enterprise Server; undefined: the host is github.com, by whatever name. */
export function enterpriseApi({ host }: Remote): string | undefined {
  return /(^|\.)github\.com/.test(host) || !host.includes(".") ? undefined : `https://${host}/api/v3`;
}

/** Where GitHub's own registry would have the app's image. */
export function likelyImage(repository: string): string {
  return `ghcr.io/${repository.toLowerCase()}`;
}
