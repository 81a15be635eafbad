import { readFile } from "node:fs/promises";
import tls from "node:tls";
import { Unreadable } from "./unreadable.ts";

/**
 * The certificates to trust where SSL_CERT_FILE names some: those and Node's own, which NODE_EXTRA_CA_CERTS is among.
 * Nothing: Node's own will do.
 */
export async function trustedCertificates(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[] | undefined> {
  const file = env["SSL_CERT_FILE"];
  if (!file) return undefined;
  const added = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Unreadable(`SSL_CERT_FILE names "${file}", which could not be read`, { cause: error });
  });
  // Node before 22.15 cannot tell what it trusts.
  const own = (tls.getCACertificates as typeof tls.getCACertificates | undefined)?.("default") ?? tls.rootCertificates;
  return [...own, added];
}
