/** Whether a host is this machine. A name that only ends in "localhost" may be anybody's. */
export function isLoopback(host: string): boolean {
  const name = parse(host)?.hostname ?? "";
  return name === "localhost" || name === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(name);
}

/** Whether a host may be spoken to without encryption: this machine, or one listed, with its port, by the user. */
export function mayBePlain(host: string, insecure: readonly string[]): boolean {
  const wanted = parse(host)?.host;
  return isLoopback(host) || (wanted !== undefined && insecure.some((listed) => parse(listed)?.host === wanted));
}

function parse(host: string): URL | undefined {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}
