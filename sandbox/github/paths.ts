/** The path below the API's root: GitHub Enterprise Server has it at `/api/v3`, GitHub at the root; both are answered. */
export function apiPath(pathname: string): string | undefined {
  if (pathname === "/api/v3" || pathname.startsWith("/api/v3/")) return pathname.slice("/api/v3".length) || "/";
  if (/^\/app(\/installations\/.+)?$/.test(pathname)) return pathname;
  return /^\/(repos|repositories|user|users|rate_limit)(\/|$)/.test(pathname) ? pathname : undefined;
}

/**
 * Encodes the slashes of a branch or ref inside a path, so that it is one segment. GitHub takes them both ways; octokit
 * encodes them, other clients do not.
 */
export function encodeRefSegment(path: string): string {
  const parts =
    /^(\/repos\/[^/]+\/[^/]+\/(?:git\/refs?|git\/matching-refs|commits|branches)\/)(.+?)(\/status|\/statuses)?$/.exec(
      path,
    );
  if (!parts) return path;
  const [, before = "", ref = "", after = ""] = parts;
  return before + ref.replaceAll("/", "%2F") + after;
}

export interface RepositoryPath {
  readonly owner: string;
  readonly name: string;
  readonly rest: string;
}

/** Splits `/owner/name.git/info/refs`. The ending may be left out, as on GitHub, where git asks for its own files. */
export function gitPath(pathname: string): RepositoryPath | undefined {
  const parts =
    /^\/([^/]+)\/([^/]+?)(?:\.git)?(\/(?:info\/refs|git-upload-pack|git-receive-pack|HEAD|objects\/.+))$/.exec(
      pathname,
    );
  return parts ? { owner: parts[1] ?? "", name: parts[2] ?? "", rest: parts[3] ?? "" } : undefined;
}
