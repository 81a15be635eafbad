import { join } from "node:path";
import { cacheRoot } from "../paths.ts";
import { exists } from "../tools/cached-folder.ts";
import { runProgram } from "../tools/run-program.ts";
import type { MachineFiles } from "./image-list.ts";

/** Where the distributions keep the bundle of certificate authorities. */
const bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

export async function machineFiles(envoy: string): Promise<MachineFiles> {
  const found = await Promise.all(bundles.map(exists));
  const certificates = bundles.find((_, index) => found[index]);
  const listing = await runProgram({
    what: "find Envoy's shared libraries",
    program: "ldd",
    args: [envoy],
    log: join(cacheRoot(), "logs", "images.log"),
  });
  return { ...(certificates && { certificates }), envoyLibraries: sharedLibraries(listing) };
}

/** The libraries and the loader in what `ldd` prints: `libm.so.6 => /lib/libm.so.6 (0x…)`, `/lib64/ld-linux.so.2 (0x…)`. */
export function sharedLibraries(listing: string): string[] {
  return [...listing.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path]) => path ?? "");
}
