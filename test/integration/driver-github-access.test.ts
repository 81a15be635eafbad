import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { generateKeyPairSync } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { GitHubAuth } from "../../automation/github/octokit-client.ts";
import * as lie from "../support/lies.ts";
import { startDrivers, startGitHubOfDriver, type Drivers, type GitHubOfDriver } from "./driver-github-world.ts";
import { here, repository } from "./github-world.ts";

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherKeys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = ({ privateKey }: typeof keys) => privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const publicKey = keys.publicKey.export({ type: "spki", format: "pem" }).toString();

type Permissions = Readonly<Record<string, "read" | "write">>;

/** What docs/feedback.md asks for, and no more. */
const documented: Permissions = {
  pull_requests: "write",
  deployments: "write",
  contents: "read",
  statuses: "write",
};

/** Tokens of the driver's account by what they may do. */
const tokens: Readonly<Record<string, Permissions>> = {
  documented,
  "without comments": { ...documented, pull_requests: "read" },
  "without deployments": { ...without("deployments") },
  "without statuses": { ...without("statuses") },
  "without contents": { ...without("contents") },
  "for reading": { pull_requests: "read" },
  "without pull requests": { ...without("pull_requests") },
};

function without(name: string): Permissions {
  return Object.fromEntries(Object.entries(documented).filter(([key]) => key !== name));
}

let github: GitHubOfDriver;
let drivers: Drivers;

beforeAll(async () => {
  github = await startGitHubOfDriver({
    apps: [
      { id: 7, slug: "previews", publicKey, permissions: documented, repositories: [repository] },
      { id: 8, slug: "elsewhere", publicKey, permissions: documented, repositories: [] },
    ],
    more: Object.entries(tokens).map(([name, tokenPermissions]) => ({
      ...{ login: "driver", permission: "write" as const, token: tokenFor(name), tokenPermissions },
    })),
  });
  drivers = await startDrivers(github);
});

afterEach(async () => {
  github.lies.stop();
  const { data } = await github.maintainer.rest.pulls.list({ ...here, per_page: 100 });
  for (const { number } of data) await github.close(number);
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

function tokenFor(name: string): string {
  return `limited-${name.replaceAll(" ", "-")}`;
}

const withToken = (name: string): GitHubAuth => ({ kind: "token", token: tokenFor(name) });
const asApp = (changes: Partial<Extract<GitHubAuth, { kind: "app" }>> = {}): GitHubAuth => ({
  ...{ kind: "app", appId: "7", privateKey: pem(keys), installationId: undefined, ...changes },
});

async function installationId(): Promise<number> {
  const auth = { appId: 7, privateKey: pem(keys) };
  const octokit = new Octokit({ authStrategy: createAppAuth, auth, baseUrl: github.host.apiUrl });
  return (await octokit.rest.apps.getRepoInstallation(here)).data.id;
}

/** GitHub has no record of pushes to the repository itself: the commit is asked for its time. */
const noRecord: lie.Lie = {
  about: ({ operationId, input }) => operationId === "repos/list-activities" && input["owner"] === here.owner,
  tell: async (_request, truth) => ({ ...(await truth()), body: [] }),
};

/** Everything that admission can ask GitHub for. */
const settings = { admission: { ttl: "24h", files: { include: ["**"] }, associations: ["COLLABORATOR", "NONE"] } };

describe("a whole line with no more than what is documented, as", () => {
  test.each([
    ["a fine-grained token", () => withToken("documented"), "driver", []],
    ["an app, found by its repository", asApp, "previews[bot]", ["apps/get-repo-installation"]],
    [
      "an app whose installation is known",
      async () => asApp({ installationId: await installationId() }),
      "previews[bot]",
      [],
    ],
  ] as const)("%s", async (_, auth, login, lookups) => {
    const own = await github.openPullRequest();
    const [byComment, byReview] = [
      await github.openPullRequest({ fork: true }),
      await github.openPullRequest({ fork: true }),
    ];
    github.wait(5);
    await github.say("writer", byComment, "/preview approve");
    await github
      .as("writer")
      .rest.pulls.createReview({ ...here, pull_number: byReview, event: "APPROVE", body: "Fine" });
    github.wait(5);
    const driver = drivers.driver({ auth: await auth(), feedback: "all", settings });
    github.lies.tell(noRecord);
    const from = github.asked.length;
    const made = await driver.sync();
    expect(made.text).not.toContain("Note:");
    expect([made.exitCode, made.done]).toEqual([0, [own, byComment, byReview].map((number) => `create pr-${number}`)]);
    const asked = github.asked.slice(from).map(({ operationId }) => operationId);
    expect(asked.filter((operation) => operation === "apps/get-repo-installation")).toEqual(lookups);
    for (const operation of ["repos/list-activities", "pulls/list-reviews", "pulls/list-files", "repos/get-commit"]) {
      expect(asked, operation).toContain(operation);
    }
    await github.close(own);
    github.wait(5);
    const collected = await driver.sync();
    expect(collected.text).not.toContain("Note:");
    expect([collected.exitCode, collected.done]).toEqual([0, [`destroy pr-${own}`]]);
    const { data: comments } = await github.maintainer.rest.issues.listComments({ ...here, issue_number: own });
    expect(comments.map(({ user, body = "" }) => [user?.login, /\*\*Preview: \w+\*\*/.exec(body)?.[0]])).toEqual([
      [login, "**Preview: removed**"],
    ]);
    const { data: deployments } = await github.maintainer.rest.repos.listDeployments({
      ...here,
      environment: `pr-${own}`,
    });
    expect(deployments.map(({ creator }) => creator?.login)).toEqual([login]);
    const ref = await github.head(own);
    const { data: statuses } = await github.maintainer.rest.repos.listCommitStatusesForRef({ ...here, ref });
    expect(statuses[0]).toMatchObject({ state: "success", creator: { login } });
  });
});

describe("what a token may not do is said once, and nothing else fails:", () => {
  test.each([
    [
      "without comments",
      [
        /^Note: the comments? on pull requests? .* could not be written: the token may not write comments in acme\/app: .*\(403\); GitHub asks for issues=write or pull_requests=write; give it the right to, or set feedback\.comment to false/,
      ],
    ],
    [
      "without deployments",
      [
        /^Note: the deployments? on .*: the token may not write deployments in .*deployments=\w+; .*feedback\.deployment/,
      ],
    ],
    [
      "without statuses",
      [
        /^Note: the commit status(es)? on .*: the token may not write commit statuses in .*statuses=\w+; .*feedback\.status/,
      ],
    ],
    ["without contents", []],
    ["for reading", [/comments/, /deployments/, /commit statuses/]],
  ] as const)("%s", async (name, expected) => {
    const numbers = [await github.openPullRequest(), await github.openPullRequest()];
    github.wait(5);
    const driver = drivers.driver({ auth: withToken(name), feedback: "all" });
    const { exitCode, done, text } = await driver.sync();
    expect([exitCode, done]).toEqual([0, numbers.map((number) => `create pr-${number}`)]);
    const notes = text.split("\n").filter((line) => line.startsWith("Note:"));
    expect(notes).toHaveLength(expected.length);
    expected.forEach((words, index) => {
      expect(notes[index]).toMatch(words);
    });
  });
});

describe("what a token may not read", () => {
  test("ends the run with the way out where that is the pull requests themselves", async () => {
    await github.openPullRequest();
    const { exitCode, text, done } = await drivers.driver({ auth: withToken("without pull requests") }).sync();
    expect([exitCode, done]).toEqual([2, []]);
    expect(text).toMatch(/GITHUB_TOKEN: the token may not read acme\/app \(403\): .*pull_requests=read/);
  });

  test("holds what depends on it, and says which permission that takes", async () => {
    const number = await github.openPullRequest();
    github.wait(5);
    const driver = drivers.driver({ auth: withToken("without contents"), settings });
    const { exitCode, text, done } = await driver.sync();
    expect([exitCode, done]).toEqual([1, []]);
    expect(text).toMatch(new RegExp(`pr-${number} .*its last push could not be read: .*\\(403\\).*contents=read`));
  });

  test("ends no preview: whether a pull request is gone is told by its issue, too", async () => {
    const number = await github.openPullRequest();
    const driver = drivers.driver({ auth: withToken("documented") });
    await driver.sync();
    await github.close(number);
    github.lies.tell(lie.missingPullRequest(number));
    const { exitCode, text, done } = await driver.sync();
    expect([exitCode, done]).toEqual([1, []]);
    expect(text).toMatch(new RegExp(`pull request ${number}: 404, but .*issue.* 403.*issues=read`));
  });
});

describe("an app that is not what the settings say", () => {
  test.each([
    [
      "whose key is another one",
      asApp({ privateKey: pem(otherKeys) }),
      /its key does not fit: A JSON web token could not be decoded/,
    ],
    ["that is not installed there", asApp({ appId: "8" }), /the app has no installation with acme\/app/],
    ["that nobody knows", asApp({ appId: "9" }), /Integration not found/],
  ])("%s", async (_, auth, words) => {
    const { exitCode, text, done } = await drivers.driver({ auth }).sync();
    expect([exitCode, done]).toEqual([2, []]);
    expect(text).toMatch(/GITHUB_APP_ID: /);
    expect(text).toMatch(words);
  });

  test("whose installation is another one", async () => {
    const { exitCode, text, done } = await drivers.driver({ auth: asApp({ installationId: 1 }) }).sync();
    expect([exitCode, done]).toEqual([2, []]);
    expect(text).toMatch(/GITHUB_APP_INSTALLATION_ID: the app has no such installation.*404/);
  });

  test("while GitHub does not answer at all", async () => {
    github.lies.tell(lie.serverError(503, "apps/get-repo-installation"));
    const { exitCode, text, done } = await drivers.driver({ auth: asApp() }).sync();
    expect([exitCode, done]).toEqual([1, []]);
    expect(text).toMatch(/github\.apiUrl: no usable answer from/);
  });
});

test("a token that is none is refused", async () => {
  const { exitCode, text, done } = await drivers.driver({ auth: { kind: "token", token: "ghp_nobody" } }).sync();
  expect([exitCode, done]).toEqual([2, []]);
  expect(text).toMatch(/GITHUB_TOKEN: .* refuses the token \(401\): Bad credentials/);
});
