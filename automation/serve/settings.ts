import { readFile } from "node:fs/promises";
import { ProblemsError, type Problem } from "../problem.ts";
import type { InputsServerOptions } from "./inputs-server.ts";

/** Flags of `previews serve-inputs`. */
export interface ServeFlags {
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly json?: true;
}

export type ServeSettings = Pick<InputsServerOptions, "host" | "port" | "tls" | "token">;

type Environment = Readonly<Record<string, string | undefined>>;

const TOKEN = "PREVIEW_INPUTS_TOKEN";
const SHORTEST_TOKEN = 16;

/** Reads what the endpoint needs besides the driver's settings. Throws one error with every problem. */
export async function serveSettings({ listen, tlsCert, tlsKey }: ServeFlags, env: Environment): Promise<ServeSettings> {
  const problems: Problem[] = [];
  const fileOf = async (key: string, path: string): Promise<string> =>
    readFile(path, "utf8").catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      problems.push({ key, text: `"${path}" cannot be read: ${why}` });
      return "";
    });
  const address = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(listen);
  const port = Number(address?.[3]);
  if (!address || port > 65_535) {
    problems.push({ key: "--listen", text: `"${listen}" is not an address and a port such as "127.0.0.1:8080"` });
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    problems.push({ key: "--tls-cert, --tls-key", text: "one of them is missing; allowed: both, or none" });
  }
  const file = env[`${TOKEN}_FILE`];
  const token = (file ? await fileOf(`${TOKEN}_FILE`, file) : (env[TOKEN] ?? "")).trim();
  if (problems.length === 0 && (token.length < SHORTEST_TOKEN || /\s/.test(token))) {
    const text = `is missing, too short or holds white space; allowed: at least ${SHORTEST_TOKEN} characters, or set ${TOKEN}_FILE`;
    problems.push({ key: TOKEN, text });
  }
  const tls =
    tlsCert === undefined || tlsKey === undefined
      ? undefined
      : { cert: await fileOf("--tls-cert", tlsCert), key: await fileOf("--tls-key", tlsKey) };
  if (problems.length > 0) throw new ProblemsError(problems);
  return { host: address?.[1] ?? address?.[2] ?? "", port, tls, token };
}
