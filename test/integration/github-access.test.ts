import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { createSign, generateKeyPairSync } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { credentials, here, refusal, repo, repository, startGitHub, type GitHubWorld } from "./github-world.ts";

const key = generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherKey = generateKeyPairSync("rsa", { modulusLength: 2048 });
const started = new Date("2026-01-01T10:00:00.000Z");
let now = started;

const app = {
  id: 7,
  slug: "previews",
  publicKey: key.publicKey.export({ type: "spki", format: "pem" }).toString(),
  permissions: { pull_requests: "write", statuses: "write" },
  repositories: [repository],
} as const;

const limited = (token: string, tokenPermissions: Record<string, "read" | "write">) => ({
  login: "maintainer",
  token,
  permission: "admin" as const,
  tokenPermissions,
});

let world: GitHubWorld;
let number: number;
let sha: string;

beforeAll(async () => {
  world = await startGitHub({
    now: () => now,
    apps: [app],
    credentials: [
      ...credentials,
      limited("reads-pulls", { pull_requests: "read" }),
      limited("writes-issues", { issues: "write" }),
      limited("reads-contents", { contents: "read" }),
      limited("writes-contents", { contents: "write" }),
      limited("nothing", {}),
    ],
  });
  number = await world.open("feature");
  sha = await world.git("rev-parse", "HEAD");
  await world.contributor.rest.repos.createFork(here);
});

afterEach(() => {
  now = started;
});

afterAll(() => world.stop());

describe("a fine-grained token", () => {
  const fork = { owner: "contributor", repo };
  const comment = (token: string, where: { owner: string; repo: string } = here) =>
    world.client(token).rest.issues.createComment({ ...where, issue_number: number, body: "x" });

  test.each([
    ["reads pull requests", "reads-pulls", () => world.client("reads-pulls").rest.pulls.list(here), undefined],
    [
      "and their comments",
      "reads-pulls",
      () => world.client("reads-pulls").rest.issues.listComments({ ...here, issue_number: number }),
      undefined,
    ],
    ["but writes none", "reads-pulls", () => comment("reads-pulls"), "issues=write; pull_requests=write"],
    [
      "nor reads contents",
      "reads-pulls",
      () => world.client("reads-pulls").rest.repos.listActivities(here),
      "contents=read",
    ],
    ["one for issues writes comments", "writes-issues", () => comment("writes-issues"), undefined],
    [
      "but reads no pull request",
      "writes-issues",
      () => world.client("writes-issues").rest.pulls.get({ ...here, pull_number: number }),
      "pull_requests=read",
    ],
    [
      "one for contents reads activities",
      "reads-contents",
      () => world.client("reads-contents").rest.repos.listActivities(here),
      undefined,
    ],
    [
      "statuses need their own",
      "writes-contents",
      () => world.client("writes-contents").rest.repos.createCommitStatus({ ...here, sha, state: "success" }),
      "statuses=write",
    ],
    [
      "deployments, too",
      "writes-contents",
      () => world.client("writes-contents").rest.repos.listDeployments(here),
      "deployments=read",
    ],
    [
      "a new name needs the administration",
      "writes-contents",
      () => world.client("writes-contents").rest.repos.update({ ...here, name: "x" }),
      "administration=write",
    ],
    ["what everybody may, all may", "nothing", () => world.client("nothing").rest.repos.get(here), undefined],
    [
      "permissions of others, too",
      "nothing",
      () => world.client("nothing").rest.repos.getCollaboratorPermissionLevel({ ...here, username: "contributor" }),
      undefined,
    ],
    ["who it is", "nothing", () => world.client("nothing").rest.users.getAuthenticated(), undefined],
    ["and what is left", "nothing", () => world.client("nothing").rest.rateLimit.get(), undefined],
    ["reads what is public", "nothing", () => world.client("nothing").rest.repos.listActivities(fork), undefined],
    [
      "but writes nothing there",
      "writes-issues",
      () => comment("writes-issues", fork),
      "issues=write; pull_requests=write",
    ],
  ] as const)("%s (%s)", async (_name, _token, request, accepted) => {
    if (accepted === undefined) {
      expect((await request()).status).toBeLessThan(300);
      return;
    }
    expect(await refusal(request())).toMatchObject({
      status: 403,
      message: "Resource not accessible by personal access token",
      headers: { "x-accepted-github-permissions": accepted },
    });
  });

  test("pushes only with the permission to write contents", async () => {
    const push = (token: string) =>
      world.git("push", "--quiet", world.cloneUrl(undefined, token), "HEAD:refs/heads/limited");
    await expect(push("reads-contents")).rejects.toThrow(/403/);
    await push("writes-contents");
  });

  test("is nobody else in the cache", async () => {
    const asOwner = await world.ask(`/repos/${repository}/pulls`);
    expect(asOwner.status).toBe(200);
    expect((await world.ask(`/repos/${repository}/pulls`, { token: "writes-issues" })).status).toBe(403);
  });
});

const seconds = () => Math.floor(now.getTime() / 1000);

function jwt(claims: object = {}, signedBy = key): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const times = { iss: String(app.id), iat: seconds() - 30, exp: seconds() + 570 };
  const text = `${encode({ alg: "RS256", typ: "JWT" })}.${encode({ ...times, ...claims })}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(signedBy.privateKey, "base64url")}`;
}

async function installationToken(options: object = {}): Promise<string> {
  const asApp = world.client(jwt());
  const { data: installation } = await asApp.rest.apps.getRepoInstallation(here);
  const { data } = await asApp.rest.apps.createInstallationAccessToken({
    installation_id: installation.id,
    ...options,
  });
  return data.token;
}

describe("an app", () => {
  test("tells who it is and where it is installed", async () => {
    const asApp = world.client(jwt());
    expect((await asApp.rest.apps.getAuthenticated()).data).toMatchObject({
      id: 7,
      slug: "previews",
      owner: { login: "acme" },
      permissions: { metadata: "read", pull_requests: "write", statuses: "write" },
      installations_count: 1,
    });
    const { data } = await asApp.rest.apps.getRepoInstallation(here);
    expect(data).toMatchObject({ app_id: 7, account: { login: "acme" }, repository_selection: "selected" });
    const elsewhere = asApp.rest.apps.getRepoInstallation({ owner: "contributor", repo });
    expect((await refusal(elsewhere)).status).toBe(404);
  });

  test.each([
    ["signed with another key", () => jwt({}, otherKey), 401, "A JSON web token could not be decoded"],
    ["of an app nobody knows", () => jwt({ iss: "8" }), 404, "Integration not found"],
    [
      "for more than ten minutes",
      () => jwt({ exp: seconds() + 601 }),
      401,
      /^'Expiration time' claim \('exp'\) is too far in the future/,
    ],
    [
      "that has expired",
      () => jwt({ exp: seconds() - 1 }),
      401,
      /^'Expiration time' claim \('exp'\) must be a numeric value/,
    ],
    ["from the future", () => jwt({ iat: seconds() + 60 }), 401, /^'Issued at' claim \('iat'\) must be an Integer/],
  ] as const)("a token %s is refused", async (_, token, status, message) => {
    const refused = await refusal(world.client(token()).rest.apps.getAuthenticated());
    expect(refused).toMatchObject({ status, message: expect.stringMatching(message) as string });
    expect(refused.headers["date"]).toBe(now.toUTCString());
  });

  test("speaks for itself only where apps do, and nobody else does there", async () => {
    expect((await refusal(world.client(jwt()).rest.pulls.list(here))).status).toBe(401);
    expect((await refusal(world.maintainer.rest.apps.getAuthenticated())).message).toMatch(/JSON web token/);
  });

  test("acts as its bot, within its permissions, wherever it is installed", async () => {
    const bot = world.client(await installationToken());
    const { data } = await bot.rest.issues.createComment({ ...here, issue_number: number, body: "hello" });
    expect(data.user).toMatchObject({
      login: "previews[bot]",
      type: "Bot",
      html_url: `${world.host.origin}/apps/previews`,
    });
    await bot.rest.issues.updateComment({ ...here, comment_id: data.id, body: "hello again" });
    await bot.rest.repos.createCommitStatus({ ...here, sha, state: "success", context: "preview" });
    await bot.rest.issues.addLabels({ ...here, issue_number: number, labels: ["preview"] });
    const refused = {
      deployment: bot.rest.repos.createDeployment({ ...here, ref: "feature", required_contexts: [] }),
      contents: bot.rest.repos.listActivities(here),
      self: bot.rest.users.getAuthenticated(),
      fork: bot.rest.issues.createLabel({ owner: "contributor", repo, name: "x" }),
    };
    for (const request of Object.values(refused)) {
      expect(await refusal(request)).toMatchObject({ status: 403, message: "Resource not accessible by integration" });
    }
    const { data: account } = await world.maintainer.rest.users.getByUsername({ username: "previews[bot]" });
    expect(account.type).toBe("Bot");
    const asked = world.maintainer.rest.repos.getCollaboratorPermissionLevel({ ...here, username: "previews[bot]" });
    expect(await refusal(asked)).toMatchObject({ status: 404, message: "previews[bot] is not a user" });
  });

  test("its token lasts an hour, also over a restart, and is kept nowhere", async () => {
    const token = await installationToken();
    await world.restart();
    now = new Date(started.getTime() + 3_599_000);
    expect((await world.client(token).rest.pulls.list(here)).status).toBe(200);
    now = new Date(started.getTime() + 3_600_000);
    expect(await refusal(world.client(token).rest.pulls.list(here))).toMatchObject({
      status: 401,
      message: "Bad credentials",
    });
    expect(
      await world
        .git("grep", "--no-index", "--fixed-strings", "--count", token, `${world.folder}/data/state.json`)
        .catch(() => "none"),
    ).toBe("none");
  });

  test("a token can be made for less, never for more", async () => {
    const reader = world.client(
      await installationToken({ permissions: { pull_requests: "read" }, repositories: [repo] }),
    );
    expect((await reader.rest.pulls.list(here)).status).toBe(200);
    const write = reader.rest.issues.createComment({ ...here, issue_number: number, body: "x" });
    expect((await refusal(write)).status).toBe(403);
    expect((await refusal(installationToken({ permissions: { contents: "read" } }))).status).toBe(422);
    expect((await refusal(installationToken({ repositories: ["other"] }))).status).toBe(422);
    expect((await refusal(installationToken({ installation_id: 1 }))).status).toBe(404);
  });

  test("octokit's own way of being an app works, also with a clock that is wrong", async () => {
    const privateKey = key.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const { data: installation } = await world.client(jwt()).rest.apps.getRepoInstallation(here);
    const bot = new Octokit({
      baseUrl: world.host.apiUrl,
      authStrategy: createAppAuth,
      auth: { appId: app.id, privateKey, installationId: installation.id },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const { data } = await bot.rest.issues.createComment({ ...here, issue_number: number, body: "from octokit" });
    expect(data.user?.login).toBe("previews[bot]");
  });

  test("does not push without the permission to write contents", async () => {
    const token = await installationToken();
    const push = world.git("push", "--quiet", world.cloneUrl(undefined, token), "HEAD:refs/heads/by-bot");
    await expect(push).rejects.toThrow(/403/);
  });
});

test("nothing above violated GitHub's description", () => {
  expect(world.log.filter((line) => /violation|error/.test(line))).toEqual([]);
});
