import { readFile, stat } from "node:fs/promises";
import type { GitHubAuth } from "../github/octokit-client.ts";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Problem } from "../problem.ts";
import { isDiyBackend } from "../pulumi-backend.ts";
import { waysToSet } from "./sources.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export async function checkSecrets(env: Environment, backendUrl: string | undefined) {
  const { auth, problems } = await checkGitHubAuth(env);
  // Pulumi Cloud encrypts for its users; every other backend needs a passphrase.
  const ownBackend = backendUrl !== undefined && isDiyBackend(backendUrl);
  const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (file) {
    const readable = await readFile(file).then(() => undefined, describe);
    if (readable !== undefined)
      problems.push({ key: "PULUMI_CONFIG_PASSPHRASE_FILE", text: `"${file}" cannot be read: ${readable}` });
  } else if (ownBackend && env["PULUMI_CONFIG_PASSPHRASE"] === undefined) {
    const text = "is missing; allowed: the passphrase itself, or set PULUMI_CONFIG_PASSPHRASE_FILE to a file with it";
    problems.push({ key: "PULUMI_CONFIG_PASSPHRASE", text });
  }
  return { auth, problems };
}

/** A GitHub App where one is given, otherwise a token. */
async function checkGitHubAuth(env: Environment): Promise<{ readonly auth: GitHubAuth; readonly problems: Problem[] }> {
  const token = (env["GITHUB_TOKEN"] ?? "").trim();
  const byToken: GitHubAuth = { kind: "token", token };
  const problem = (key: string, text: string) => ({ auth: byToken, problems: [{ key, text }] });
  if (env["GITHUB_APP_ID"]) return checkApp(env, problem);
  if (token === "") {
    const text =
      "is missing; allowed: a token that may read the repository's pull requests, in the environment. Or set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY";
    return problem("GITHUB_TOKEN", text);
  }
  if (/\s/.test(token)) return problem("GITHUB_TOKEN", "it contains white space; allowed: one token");
  return { auth: byToken, problems: [] };
}

async function checkApp(
  env: Environment,
  problem: (key: string, text: string) => { readonly auth: GitHubAuth; readonly problems: Problem[] },
): Promise<{ readonly auth: GitHubAuth; readonly problems: Problem[] }> {
  const {
    GITHUB_APP_ID: appId = "",
    GITHUB_APP_INSTALLATION_ID: installation,
    GITHUB_APP_PRIVATE_KEY_FILE: file,
  } = env;
  if (!/^[A-Za-z0-9.]+$/.test(appId)) return problem("GITHUB_APP_ID", "allowed: the App's id or its client id");
  if (installation && !/^[1-9][0-9]*$/.test(installation)) {
    return problem("GITHUB_APP_INSTALLATION_ID", `"${installation}" is no number; allowed: the id of an installation`);
  }
  let privateKey = env["GITHUB_APP_PRIVATE_KEY"] ?? "";
  if (file) {
    try {
      privateKey = await readFile(file, "utf8");
    } catch (error) {
      return problem("GITHUB_APP_PRIVATE_KEY_FILE", `"${file}" cannot be read: ${describe(error)}`);
    }
  }
  // Where variables hold one line, the line ends come as two characters.
  const key = privateKey.replaceAll("\\n", "\n");
  if (!key.includes("-----BEGIN")) {
    const text = "allowed: the App's private key (PEM) itself, or set GITHUB_APP_PRIVATE_KEY_FILE to a file with it";
    return problem("GITHUB_APP_PRIVATE_KEY", text);
  }
  const installationId = installation ? Number(installation) : undefined;
  return { auth: { kind: "app", appId, privateKey: key, installationId }, problems: [] };
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
