import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Phase, PreviewStatus, PullRequestStatus } from "../../automation/feedback/feedback.ts";
import { octokitFeedback, type FeedbackOptions } from "../../automation/github/octokit-feedback.ts";
import { shortMemory } from "../../automation/memory/file-memory.ts";
import type { Memory } from "../../automation/memory/memory.ts";
import { commentMarker } from "../../automation/report/comment-marker.ts";
import { startHost, type RunningHost } from "../../sandbox/github/host.ts";
import { previewStatus, policy, url, without } from "../unit/automation/feedback-samples.ts";

const repository = "acme/app";
const [owner, repo] = ["acme", "app"];
const name = { owner, repo };
const logins = ["driver", "contributor", "reader"] as const;
const permissionOf = { driver: "write", contributor: "read", reader: "read" } as const;

let folder: string;
let host: RunningHost;

const as = (login: (typeof logins)[number]) =>
  new Octokit({ auth: `token-of-${login}`, baseUrl: host.apiUrl, log: silent });
const nothing = () => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "feedback-"));
  host = await startHost({
    host: "127.0.0.1",
    port: 0,
    dataFolder: join(folder, "hub"),
    credentials: logins.map((login) => ({ login, token: `token-of-${login}`, permission: permissionOf[login] })),
    repositories: [repository],
    firstNumber: 41,
    rateLimit: 50_000,
    log: nothing,
  });
  await git("init", "--quiet", "--initial-branch=main", ".");
  await git("remote", "add", "origin", `${host.origin.replace("//", "//driver:token-of-driver@")}/${repository}.git`);
  await push("main");
});

afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true, force: true });
});

async function git(...args: readonly string[]): Promise<string> {
  const user = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"];
  return (await execa("git", ["-C", folder, ...user, ...args])).stdout;
}

async function push(branch: string): Promise<string> {
  await git("checkout", "--quiet", "-B", branch);
  await git("commit", "--quiet", "--allow-empty", "--message", `work on ${branch}`);
  await git("push", "--quiet", "--force", "origin", branch);
  return git("rev-parse", "HEAD");
}

/** A pull request, and what can be told on it. */
async function pullRequest() {
  const branch = `branch-${Math.random().toString(36).slice(2)}`;
  let head = await push(branch);
  const { data } = await as("driver").rest.pulls.create({ ...name, title: branch, head: branch, base: "main" });
  const { number } = data;
  const environment = `pr-${number}`;
  const status = (previews: readonly PreviewStatus[], open = true): PullRequestStatus => ({
    ...{ number, repository, title: branch, author: "ada", branch, sha: head, fork: false, open, previews },
  });
  return {
    number,
    environment,
    get head() {
      return head;
    },
    push: async () => {
      head = await push(branch);
    },
    is: (phase: Phase, changes: Partial<PreviewStatus> = {}) =>
      status([previewStatus({ name: environment, phase, sha: head, runningSha: head, ...changes })], phase !== "gone"),
    isRefused: () => status([{ ...without("refused", "label"), name: environment, sha: head }]),
    comments: async () => {
      const comments = await as("driver").paginate(as("driver").rest.issues.listComments, {
        ...name,
        issue_number: number,
        per_page: 100,
      });
      return comments.map(({ id, body = "", user }) => ({ id, body, author: user?.login }));
    },
    /** Its Deployments, oldest first, each with its states in order. */
    deployments: async () => {
      const { data: newestFirst } = await as("driver").rest.repos.listDeployments({ ...name, environment });
      return Promise.all(
        newestFirst.toReversed().map(async (deployment) => {
          const one = { ...name, deployment_id: deployment.id };
          const { data: statuses } = await as("driver").rest.repos.listDeploymentStatuses(one);
          return { ...deployment, states: statuses.toReversed().map(({ state }) => state), last: statuses[0] };
        }),
      );
    },
    statuses: async () => {
      const { data: newestFirst } = await as("driver").rest.repos.listCommitStatusesForRef({ ...name, ref: head });
      return newestFirst.toReversed();
    },
  };
}

interface Intercepted {
  readonly method: string;
  readonly url: string;
}

interface RunOptions extends Partial<Omit<FeedbackOptions, "client">> {
  readonly login?: (typeof logins)[number];
  readonly memory?: Memory;
  /** Answers instead of the host, or throws; undefined: the host answers. */
  readonly instead?: (request: Intercepted) => unknown;
}

/** One run of the driver. */
function run({ login = "driver", memory = forgetful(), instead, ...options }: RunOptions = {}) {
  const octokit = as(login);
  const requests: string[] = [];
  octokit.hook.wrap("request", async (request, asked) => {
    requests.push(`${asked.method} ${asked.url.replace("/repos/{owner}/{repo}", "")}`);
    const data = await instead?.(asked);
    if (data !== undefined) return { status: 200, url: asked.url, headers: {}, data } as never;
    return request(asked);
  });
  const feedback = octokitFeedback({
    client: { octokit, owner, repo, repository, memory },
    project: "previews",
    policy,
    enabled: { comment: true, deployment: true, status: true },
    ...options,
  });
  return {
    requests,
    writes: () => requests.filter((request) => !request.startsWith("GET ")),
    tell: (...statuses: readonly PullRequestStatus[]) => {
      statuses.forEach((status) => {
        feedback.tell(status);
      });
    },
    finish: (signal = new AbortController().signal) => feedback.finish(signal),
    /** Tells all of it and waits for the end. */
    all: async (...statuses: readonly PullRequestStatus[]) => {
      statuses.forEach((status) => {
        feedback.tell(status);
      });
      return feedback.finish(new AbortController().signal);
    },
  };
}

/** As in a CI that keeps nothing between runs. */
function forgetful(): Memory {
  return { get: nothing, set: nothing, save: () => Promise.resolve() };
}

function refusal(status: number, message: string, permissions?: string): Error {
  const headers = permissions === undefined ? {} : { "x-accepted-github-permissions": permissions };
  return Object.assign(new Error(message), { status, response: { headers } });
}

describe("a preview's way", () => {
  test("is one comment, a Deployment with all of its states in order, and a status", async () => {
    const pr = await pullRequest();
    const way = run();
    const up = [pr.is("queued"), pr.is("queued"), pr.is("deploying"), pr.is("deploying"), pr.is("ready", { url })];
    expect(await way.all(...up)).toEqual([]);
    const [comment, ...more] = await pr.comments();
    expect(more).toEqual([]);
    expect(comment?.body).toContain(`✅ **Preview: ready** — <${url}>`);
    expect(await pr.deployments()).toMatchObject([
      {
        sha: pr.head,
        states: ["queued", "in_progress", "success"],
        last: { environment_url: url },
        transient_environment: true,
        production_environment: false,
      },
    ]);
    expect(await pr.statuses()).toMatchObject([{ context: "preview", state: "success", target_url: url }]);
  });

  test("told late is written as far as it is known: what was written meanwhile is not written again", async () => {
    const pr = await pullRequest();
    const memory = shortMemory();
    const way = run({ memory });
    for (const phase of ["queued", "deploying", "failed"] as const) await way.all(pr.is(phase));
    await run({ memory }).all(pr.is("deploying"), pr.is("ready"));
    const states = ["queued", "in_progress", "failure", "in_progress", "success"];
    expect(await pr.deployments()).toMatchObject([{ states }]);
    expect((await pr.comments()).length).toBe(1);
    expect((await pr.statuses()).map(({ state }) => state)).toEqual(["pending", "pending", "failure", "success"]);
  });

  test("to a new commit ends the old one's Deployment once the new one is ready", async () => {
    const pr = await pullRequest();
    await run().all(pr.is("ready"));
    await pr.push();
    await run().all(pr.is("queued"), pr.is("deploying"));
    expect(await pr.deployments()).toMatchObject([{ states: ["success"] }, { states: ["queued", "in_progress"] }]);
    await run().all(pr.is("ready"));
    expect(await pr.deployments()).toMatchObject([
      { states: ["success", "inactive"] },
      { states: ["queued", "in_progress", "success"], sha: pr.head },
    ]);
  });

  test.each([true, false])("ends with the receipt and an inactive Deployment; remembered: %s", async (remembered) => {
    const pr = await pullRequest();
    const memory = remembered ? shortMemory() : forgetful();
    await run({ memory }).all(pr.is("ready"));
    const gone = pr.is("gone", { receipt: { removed: [`Namespace ${pr.environment}`], remains: [] } });
    await run({ memory }).all(gone);
    expect(await pr.deployments()).toMatchObject([{ states: ["success", "inactive"] }]);
    expect((await pr.comments()).map(({ body }) => body)).toEqual([expect.stringContaining("**Preview: removed**")]);
    expect((await pr.statuses()).at(-1)).toMatchObject({ description: "Removed with its pull request" });
    const again = run({ memory });
    await again.all(gone);
    expect(again.writes()).toEqual([]);
  });

  test("leads to the run's log as long as it has no address, else to the comment", async () => {
    const pr = await pullRequest();
    await run({ runUrl: "https://ci.example.com/run/1" }).all(pr.is("failed"));
    expect(await pr.statuses()).toMatchObject([{ target_url: "https://ci.example.com/run/1" }]);
    expect(await pr.deployments()).toMatchObject([{ last: { log_url: "https://ci.example.com/run/1" } }]);
    const later = run({ runUrl: "https://ci.example.com/run/2" });
    await later.all(pr.is("failed"));
    expect(later.writes()).toEqual([]);
    const other = await pullRequest();
    await run().all(other.is("queued"));
    const [status] = await other.statuses();
    expect(status?.target_url).toMatch(/issuecomment|comments/);
  });
});

describe("what is there", () => {
  test("is not written again, and with a memory not even asked for", async () => {
    const pr = await pullRequest();
    const memory = shortMemory();
    const ready = pr.is("ready", { since: "2026-01-01T00:00:00Z" });
    await run({ memory }).all(ready);
    const remembering = run({ memory });
    await remembering.all(ready);
    expect(remembering.requests).toEqual([]);
    const asking = run();
    await asking.all(ready);
    expect(asking.requests).not.toEqual([]);
    expect(asking.writes()).toEqual([]);
    await asking.all(ready, ready);
    expect(asking.writes()).toEqual([]);
  });

  test("is written again once something else was there", async () => {
    const pr = await pullRequest();
    const memory = shortMemory();
    const ready = pr.is("ready", { since: "2026-01-01T00:00:00Z" });
    const body = async () => (await pr.comments())[0]?.body;
    for (let times = 0; times < 3; times++) await run({ memory }).all(ready);
    const before = await body();
    await run({ memory }).all(pr.is("failed", { error: "no image" }));
    expect(await body()).toContain("no image");
    await run({ memory }).all(ready);
    expect(await body()).toBe(before);
  });

  test("costs nothing where nobody asked", async () => {
    const pr = await pullRequest();
    const silence = run();
    expect(await silence.all(pr.isRefused())).toEqual([]);
    expect(silence.requests).toEqual([]);
  });

  test("is put right when nobody asks any more", async () => {
    const pr = await pullRequest();
    const memory = shortMemory();
    await run({ memory }).all(pr.is("queued"));
    await run({ memory }).all(pr.isRefused());
    expect((await pr.comments()).map(({ body }) => body)).toEqual([expect.stringContaining("**Preview: not made**")]);
    expect(await pr.deployments()).toMatchObject([{ states: ["queued", "inactive"] }]);
    expect((await pr.statuses()).at(-1)).toMatchObject({ state: "success" });
  });

  test("is kept apart from what another driver of the repository writes", async () => {
    const pr = await pullRequest();
    await run().all(pr.is("ready"));
    await run({ project: "others", context: "preview/others" }).all(pr.is("queued"));
    await run().all(pr.is("ready"));
    expect((await pr.comments()).map(({ body }) => body.split("\n", 1)[0])).toEqual([
      commentMarker("previews"),
      commentMarker("others"),
    ]);
    expect(await pr.deployments()).toMatchObject([{ states: ["success"] }, { states: ["queued"] }]);
    expect((await pr.statuses()).map(({ context }) => context)).toEqual(["preview", "preview/others"]);
  });
});

describe("the comment", () => {
  const only = { enabled: { comment: true, deployment: false, status: false } };

  test("is found on any page", async () => {
    const pr = await pullRequest();
    for (let count = 0; count < 101; count++) await say(pr.number, `comment ${count}`);
    await run(only).all(pr.is("queued"));
    await say(pr.number, "and more");
    await run(only).all(pr.is("ready"));
    const ours = (await pr.comments()).filter(({ author }) => author === "driver");
    expect(ours.map(({ body }) => body)).toEqual([expect.stringContaining("**Preview: ready**")]);
  });

  test("that somebody else planted is left alone", async () => {
    const pr = await pullRequest();
    const planted = `${commentMarker("previews")}\n\nTrust me.`;
    await say(pr.number, planted);
    await run(only).all(pr.is("queued"));
    await run(only).all(pr.is("ready"));
    expect(await pr.comments()).toMatchObject([
      { author: "contributor", body: planted },
      { author: "driver", body: expect.stringContaining("**Preview: ready**") as string },
    ]);
  });

  test("of which there are two is the oldest", async () => {
    const pr = await pullRequest();
    const body = `${commentMarker("previews")}\n\nold`;
    for (let count = 0; count < 2; count++) await as("driver").rest.issues.createComment(on(pr.number, body));
    await run(only).all(pr.is("ready"));
    expect((await pr.comments()).map(({ body }) => body)).toEqual([
      expect.stringContaining("**Preview: ready**"),
      body,
    ]);
  });

  test("that somebody deleted is made anew when there is something to tell", async () => {
    const pr = await pullRequest();
    const memory = shortMemory();
    await run({ ...only, memory }).all(pr.is("queued"));
    const [comment] = await pr.comments();
    await as("driver").rest.issues.deleteComment({ ...name, comment_id: comment?.id ?? 0 });
    await run({ ...only, memory }).all(pr.is("ready"));
    expect((await pr.comments()).map(({ body }) => body)).toEqual([expect.stringContaining("**Preview: ready**")]);
  });

  /** The token of an App: it may not ask for its user, and what it writes is a bot's. */
  const app = (viewer: string | undefined) => async (request: Intercepted) => {
    if (request.url === "/user") throw refusal(403, "Resource not accessible by integration");
    if (request.url.endsWith("/graphql")) {
      if (viewer === undefined) throw refusal(403, "Resource not accessible by integration");
      return { data: { viewer: { login: viewer } } };
    }
    if (request.method !== "GET" || !request.url.includes("/comments?")) return undefined;
    const { data } = (await as("driver").request(`GET ${request.url}`)) as { data: { user: { login: string } }[] };
    const bot = (login: string) => ({ login: `${login}[bot]`, type: "Bot" });
    return data.map((one) => (one.user.login === "contributor" ? one : { ...one, user: bot(one.user.login) }));
  };

  test.each([
    ["whose viewer is known", "driver[bot]", 2],
    ["whose viewer is another bot", "somebody-else[bot]", 3],
    ["of which nothing is known", undefined, 2],
  ])("is found by an app %s", async (_name, viewer, count) => {
    const pr = await pullRequest();
    await say(pr.number, `${commentMarker("previews")}\n\nTrust me.`);
    await run(only).all(pr.is("queued"));
    expect(await run({ ...only, instead: app(viewer) }).all(pr.is("ready"))).toEqual([]);
    expect(await pr.comments()).toHaveLength(count);
    expect((await pr.comments())[0]?.body).toContain("Trust me.");
  });
});

describe("what cannot be written", () => {
  test("for lack of permission is told once for each kind, tried once, and stops nothing else", async () => {
    const [one, other] = [await pullRequest(), await pullRequest()];
    const reader = run({ login: "reader" });
    const problems = await reader.all(one.is("ready"), other.is("ready"));
    expect(problems).toEqual([
      expect.stringMatching(
        /^the deployment on pull request \d+ could not be written: the token may not write deployments/,
      ),
      expect.stringMatching(/^the commit status on pull request \d+ could not be written: .*\(403\).*feedback\.status/),
    ]);
    expect(reader.writes().filter((request) => request === "POST /deployments")).toHaveLength(1);
    expect(reader.writes().filter((request) => request === "POST /statuses/{sha}")).toHaveLength(1);
    expect([...(await one.comments()), ...(await other.comments())]).toHaveLength(2);
    expect(await reader.finish()).toEqual([]);
  });

  test("says what GitHub asks for, and is no failure of what is told beside it", async () => {
    const pr = await pullRequest();
    const instead = ({ method, url }: Intercepted) => {
      if (method === "POST" && url.endsWith("/comments"))
        throw refusal(403, "Resource not accessible by integration", "issues=write; pull_requests=write");
    };
    expect(await run({ instead }).all(pr.is("ready"))).toEqual([
      `the comment on pull request ${pr.number} could not be written: the token may not write comments in acme/app: ` +
        "Resource not accessible by integration (403); GitHub asks for issues=write or pull_requests=write; " +
        "give it the right to, or set feedback.comment to false. None is tried again in this run",
    ]);
    expect(await pr.deployments()).toMatchObject([{ states: ["success"] }]);
    expect(await pr.statuses()).toMatchObject([{ state: "success" }]);
  });

  test("now is written by the next that is told, and is no problem then", async () => {
    const pr = await pullRequest();
    let failures = 1;
    const instead = ({ method, url }: Intercepted) => {
      if (method === "POST" && url.endsWith("/comments") && failures-- > 0) throw refusal(502, "Bad Gateway");
    };
    const flaky = run({ instead });
    flaky.tell(pr.is("queued"));
    await expect.poll(() => flaky.requests.includes("POST /statuses/{sha}")).toBe(true);
    expect(await flaky.all(pr.is("ready"))).toEqual([]);
    expect(await pr.comments()).toHaveLength(1);
  });

  test("because the conversation is locked concerns that one only", async () => {
    const [one, other] = [await pullRequest(), await pullRequest()];
    const instead = ({ method, url, ...rest }: Intercepted & { readonly issue_number?: number }) => {
      if (method === "POST" && url.endsWith("/comments") && rest.issue_number === one.number)
        throw refusal(403, "Unable to create comment because issue is locked.");
    };
    expect(await run({ instead }).all(one.is("ready"), other.is("ready"))).toEqual([
      expect.stringContaining(`pull request ${one.number} could not be written: Unable to create comment`),
    ]);
    expect(await other.comments()).toHaveLength(1);
  });

  test("because the token is none ends it all at the first refusal", async () => {
    const [one, other] = [await pullRequest(), await pullRequest()];
    const instead = () => {
      throw refusal(401, "Bad credentials");
    };
    const stranger = run({ instead });
    const problems = await stranger.all(one.is("ready"), other.is("ready"));
    expect(problems).toEqual([expect.stringContaining("GitHub refuses the token: Bad credentials (401)")]);
    expect(stranger.requests).toHaveLength(1);
  });

  test("because GitHub does not answer is given up, and the last words on a closed one are said by the next run", async () => {
    const prs = [];
    for (let count = 0; count < 3; count++) prs.push(await pullRequest());
    const memory = shortMemory();
    await run({ memory }).all(...prs.map((pr) => pr.is("ready")));
    const instead = () => {
      throw refusal(503, "No server is available");
    };
    const gone = prs.map((pr) => pr.is("gone", { receipt: { removed: ["everything"], remains: [] } }));
    const down = run({ memory, instead });
    expect((await down.all(...gone)).join("\n")).toContain("Nothing more is written in this run");
    expect(down.requests.length).toBeLessThan(9);
    const back = run({ memory });
    expect(await back.all()).toEqual([]);
    for (const pr of prs) {
      expect((await pr.comments()).map(({ body }) => body)).toEqual([expect.stringContaining("**Preview: removed**")]);
      expect((await pr.deployments()).map(({ states }) => states.at(-1))).toEqual(["inactive"]);
    }
    const after = run({ memory });
    await after.all();
    expect(after.requests).toEqual([]);
  });

  test("before an interrupted run must end is said to be missing", async () => {
    const pr = await pullRequest();
    const memory = shortMemory();
    const never = new Promise<undefined>(nothing);
    const hanging = run({ memory, instead: ({ method }) => (method === "GET" ? undefined : never) });
    hanging.tell(pr.is("gone"));
    const started = performance.now();
    expect(await hanging.finish(AbortSignal.abort())).toEqual([
      `interrupted before all was written on pull requests ${pr.number}; the next run writes it`,
    ]);
    expect(performance.now() - started).toBeLessThan(6000);
    await run({ memory }).all();
    expect(await pr.comments()).toHaveLength(1);
  });

  test("is not waited for by whoever tells", async () => {
    const pr = await pullRequest();
    const slow = run();
    slow.tell(pr.is("queued"));
    expect(slow.requests).toEqual([]);
    await slow.finish();
    expect(slow.requests).not.toEqual([]);
  });
});

test("secrets are blotted out of everything that is written", async () => {
  const pr = await pullRequest();
  const redact = (text: string) => text.replaceAll("hunter2", "[secret]");
  const error = "login with hunter2 failed";
  await run({ redact }).all(
    pr.is("failed", { error, log: error, contains: [error], url: "http://hunter2.example.com/" }),
  );
  const told = JSON.stringify([await pr.comments(), await pr.statuses(), await pr.deployments()]);
  expect(told).toContain("login with [secret] failed");
  expect(told).not.toContain("hunter2");
});

test("what is switched off is neither read nor written", async () => {
  const pr = await pullRequest();
  const off = run({ enabled: { comment: false, deployment: false, status: false } });
  await off.all(pr.is("ready"));
  expect(off.requests).toEqual([]);
});

function on(number: number, body: string) {
  return { ...name, issue_number: number, body };
}

async function say(number: number, body: string): Promise<void> {
  await as("contributor").rest.issues.createComment(on(number, body));
}
