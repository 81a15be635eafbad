import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Problem } from "../problem.ts";
import { waysToSet } from "./sources.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export async function checkSecrets(env: Environment, backendUrl: string | undefined) {
  const problems: Problem[] = [];
  const token = env["GITHUB_TOKEN"] ?? "";
  if (token.trim() === "") {
    problems.push({
      key: "GITHUB_TOKEN",
      text: "is missing; allowed: a token that may read the repository's pull requests, in the environment",
    });
  } else if (/\s/.test(token.trim())) {
    problems.push({ key: "GITHUB_TOKEN", text: "it contains white space; allowed: one token" });
  }
  // Pulumi Cloud encrypts for its users; every other backend needs a passphrase.
  const ownBackend = backendUrl !== undefined && !backendUrl.startsWith("http");
  const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (file) {
    const readable = await readFile(file).then(() => undefined, describe);
    if (readable !== undefined)
      problems.push({ key: "PULUMI_CONFIG_PASSPHRASE_FILE", text: `"${file}" cannot be read: ${readable}` });
  } else if (ownBackend && env["PULUMI_CONFIG_PASSPHRASE"] === undefined) {
    const text = "is missing; allowed: the passphrase itself, or set PULUMI_CONFIG_PASSPHRASE_FILE to a file with it";
    problems.push({ key: "PULUMI_CONFIG_PASSPHRASE", text });
  }
  return { token: token.trim(), problems };
}

export async function checkBackend(backendUrl: string | undefined, env: Environment): Promise<Problem[]> {
  const key = "pulumi.backendUrl";
  if (backendUrl === undefined) {
    const credentials = join(env["PULUMI_HOME"] ?? join(env["HOME"] ?? homedir(), ".pulumi"), "credentials.json");
    if (env["PULUMI_ACCESS_TOKEN"] || (await exists(credentials))) return [];
    const ways = `Set ${waysToSet(key)}, or log in with "pulumi login"`;
    return [{ key, text: `is missing; allowed: where Pulumi keeps its stacks, such as "s3://bucket". ${ways}` }];
  }
  if (!backendUrl.startsWith("file://")) return [];
  const folder = fileFolder(backendUrl, env);
  if (folder === undefined || (await exists(folder))) return [];
  return [{ key, text: `"${backendUrl}": the folder "${folder}" does not exist` }];
}

// Undefined for what Pulumi resolves relative to its own place: file://. and the like.
function fileFolder(url: string, env: Environment): string | undefined {
  if (url.startsWith("file://~")) return join(env["HOME"] ?? homedir(), url.slice("file://~".length));
  if (!url.startsWith("file:///")) return undefined;
  return fileURLToPath(url.split("?")[0] ?? url);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
