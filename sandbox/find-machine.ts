import { execa } from "execa";
import type { Machine } from "./demo-cluster.ts";

/** Asks kind and Docker whether they are here. */
export async function findMachine(env: NodeJS.ProcessEnv = process.env): Promise<Machine> {
  const call = async (program: string, args: readonly string[]) =>
    execa(program, args, { env, extendEnv: false, stdin: "ignore", reject: false, timeout: 10_000 });
  const [kind, docker] = await Promise.all([call("kind", ["version"]), call("docker", ["info"])]);
  return {
    kind: !kind.failed,
    docker: !docker.failed ? "running" : docker.code === "ENOENT" ? "missing" : "not running",
  };
}
