import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A `kind` and a `docker` that write down how they are called, and remember clusters and containers as the real ones would. */
export interface RecordingKind {
  /** For the front of PATH. */
  readonly bin: string;
  /** PATH with these two and the system's plain tools, but with no real docker or kind. */
  readonly path: string;
  /** Every call so far: "kind get clusters". What came on standard input follows in a line that starts with "<". */
  calls(): Promise<readonly string[]>;
  /** Forgets the calls, but not the clusters. */
  forget(): Promise<void>;
  /** Makes a call fail from now on: the start of its words, such as "kind create". */
  fail(call: string): Promise<void>;
  /** Takes a program away. */
  missing(program: "kind" | "docker"): Promise<void>;
  remove(): Promise<void>;
}

const script = `#!/bin/sh
program=\${0##*/}
home=$(dirname "$0")/..
call="$program $*"
printf '%s\\n' "$call" >> "$home/calls"
if [ -s "$home/fail" ]; then
  case "$call" in "$(cat "$home/fail")"*) echo "$program: it is told to fail" >&2; exit 1 ;; esac
fi
name() { while [ $# -gt 1 ]; do [ "$1" = --name ] && echo "$2"; shift; done; }
case "$call" in
  "kind get clusters") ls "$home/clusters"; [ -n "$(ls "$home/clusters")" ] || echo "No kind clusters found." >&2 ;;
  "kind create cluster "*)
    [ ! -e "$home/clusters/$(name "$@")" ] || { echo "node(s) already exist for a cluster" >&2; exit 1; }
    printf '<%s\\n' "$(cat)" >> "$home/calls"
    touch "$home/clusters/$(name "$@")" ;;
  "kind get kubeconfig "*)
    [ -e "$home/clusters/$(name "$@")" ] || { echo "could not locate any control plane nodes" >&2; exit 1; }
    printf 'apiVersion: v1\\nkind: Config\\nclusters: []\\ncurrent-context: kind-%s\\n' "$(name "$@")" ;;
  "kind delete cluster "*) rm -f "$home/clusters/$(name "$@")" ;;
  "docker info"*|"kind version") ;;
  "docker inspect "*) [ -e "$home/containers/cloud-provider-kind" ] && echo true || exit 1 ;;
  "docker run "*) touch "$home/containers/$(name "$@")"; echo 0123456789ab ;;
  "docker rm "*) rm "$home/containers/cloud-provider-kind" 2>/dev/null || { echo "No such container" >&2; exit 1; } ;;
  *) echo "$program: this call is not known here: $call" >&2; exit 1 ;;
esac
`;

export async function recordingKind(): Promise<RecordingKind> {
  const home = await mkdtemp(join(tmpdir(), "kind-"));
  const bin = join(home, "bin");
  for (const folder of ["bin", "clusters", "containers"]) await mkdir(join(home, folder));
  for (const program of ["kind", "docker"]) {
    await writeFile(join(bin, program), script);
    await chmod(join(bin, program), 0o755);
  }
  await writeFile(join(home, "calls"), "");
  return {
    bin,
    path: [bin, "/usr/bin", "/bin"].join(delimiter),
    calls: async () => (await readFile(join(home, "calls"), "utf8")).split("\n").filter((line) => line !== ""),
    forget: () => writeFile(join(home, "calls"), ""),
    fail: (call) => writeFile(join(home, "fail"), call),
    missing: (program) => rm(join(bin, program)),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
