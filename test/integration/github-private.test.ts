import { createAppAuth } from "@octokit/auth-app";
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { git, gitEnvironment } from "../../sandbox/github/git-command.ts";
import { credentials, here, refusal, repository, startGitHub, type GitHubWorld } from "./github-world.ts";

const key = generateKeyPairSync("rsa", { modulusLength: 2048 });
const app = {
  id: 7,
  slug: "flux",
  publicKey: key.publicKey.export({ type: "spki", format: "pem" }).toString(),
  permissions: { contents: "read" },
  repositories: [repository],
} as const;

let world: GitHubWorld;

beforeAll(async () => {
  world = await startGitHub({
    apps: [app, { ...app, id: 8, slug: "blind", permissions: { pull_requests: "read" } }],
    credentials: [...credentials, { login: "outsider", token: "outsider-token", permission: "none" }],
  });
  await world.push("main");
  const { data } = await world.maintainer.rest.repos.update({ ...here, private: true });
  expect(data).toMatchObject({ private: true, visibility: "private" });
});

afterAll(() => world.stop());

/** As Flux asks for it. */
async function installationToken(appId: number): Promise<string> {
  const privateKey = key.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const { token: jwt } = await createAppAuth({ appId, privateKey })({ type: "app" });
  const installation = await world.ask(`/repos/${repository}/installation`, { token: jwt });
  const { id } = (await installation.json()) as { id: number };
  const path = `/app/installations/${id}/access_tokens`;
  const response = await world.ask(path, { method: "POST", token: jwt, body: "null" });
  expect(response.status).toBe(201);
  return ((await response.json()) as { token: string }).token;
}

function listRefs(token?: string): Promise<string> {
  const url = token === undefined ? `${world.host.origin}/${repository}.git` : world.cloneUrl(repository, token);
  return git(world.folder, ["ls-remote", url], { env: gitEnvironment() });
}

describe("a private repository", () => {
  test("is cloned by those who may read it", async () => {
    for (const token of ["maintainer-token", "contributor-token", await installationToken(7)]) {
      expect(await listRefs(token)).toContain("refs/heads/main");
    }
  });

  test("is not there for anybody else", async () => {
    await expect(listRefs()).rejects.toThrow(/could not read Username|Authentication/);
    for (const token of ["outsider-token", await installationToken(8)]) {
      await expect(listRefs(token)).rejects.toThrow("not found");
    }
    for (const client of [world.client(), world.client("outsider-token")]) {
      expect((await refusal(client.rest.repos.get(here))).status).toBe(404);
    }
    expect((await fetch(`${world.host.origin}/${repository}`)).status).toBe(404);
    expect((await world.contributor.rest.repos.get(here)).data.private).toBe(true);
  });

  test("is public again when its administrator says so", async () => {
    expect((await refusal(world.contributor.rest.repos.update({ ...here, private: false }))).status).toBe(403);
    await world.maintainer.rest.repos.update({ ...here, private: false });
    expect(await listRefs()).toContain("refs/heads/main");
  });
});
