import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { credentials, here, owner, refusal, repo, startGitHub, type GitHubWorld } from "./github-world.ts";

const none = "0".repeat(40);
let world: GitHubWorld;
let now = new Date("2026-01-01T10:00:00.750Z");

beforeAll(async () => {
  const developer = { login: "developer", token: "developer-token", permission: "write" } as const;
  world = await startGitHub({ now: () => now, credentials: [...credentials, developer] });
});

afterAll(() => world.stop());

type Query = Partial<Parameters<GitHubWorld["maintainer"]["rest"]["repos"]["listActivities"]>[0]>;

async function activities(query: Query = {}) {
  const { data } = await world.maintainer.rest.repos.listActivities({ ...here, ...query });
  return data.map(({ activity_type: type, ref, before, after, timestamp, actor }) => ({
    type,
    ref,
    before,
    after,
    timestamp,
    actor: actor?.login,
  }));
}

const of = async (ref: string) => (await activities({ ref })).map(({ type }) => type);

test("a branch's life: made, pushed, rewritten, deleted, each with the server's time", async () => {
  const ref = "refs/heads/feature/life";
  const actor = "maintainer";
  const first = await world.push("feature/life");
  now = new Date("2026-01-01T11:00:00.250Z");
  const second = await world.push("feature/life");
  await world.git("reset", "--quiet", "--hard", "main");
  const third = await world.push("feature/life", "--force");
  now = new Date("2026-01-01T12:00:00.500Z");
  await world.git("push", "--quiet", world.cloneUrl(), ":refs/heads/feature/life");
  const timestamp = "2026-01-01T11:00:00Z";
  const expected = [
    { type: "branch_deletion", ref, before: third, after: none, timestamp: "2026-01-01T12:00:00Z", actor },
    { type: "force_push", ref, before: second, after: third, timestamp, actor },
    { type: "push", ref, before: first, after: second, timestamp, actor },
    { type: "branch_creation", ref, before: none, after: first, timestamp: "2026-01-01T10:00:00Z", actor },
  ];
  expect(await activities({ ref })).toEqual(expected);
  expect(await activities({ ref: "feature/life" })).toEqual(expected);
  expect(await activities({ ref, direction: "asc" })).toEqual(expected.toReversed());
  expect(await activities({ ref: "life" })).toEqual([]);
});

describe("who and what", () => {
  test("a merge is told as such, a push to the base branch is a push", async () => {
    const number = await world.open("merged");
    await world.maintainer.rest.pulls.merge({ ...here, pull_number: number });
    await world.git("fetch", "--quiet", world.cloneUrl(), "main");
    await world.git("checkout", "--quiet", "main");
    await world.git("merge", "--quiet", "--ff-only", "FETCH_HEAD");
    await world.push("main");
    expect((await of("main")).slice(0, 2)).toEqual(["push", "pr_merge"]);
    expect(await activities({ activity_type: "pr_merge" })).toMatchObject([{ ref: "refs/heads/main" }]);
    expect(await activities({ activity_type: "merge_queue_merge" })).toEqual([]);
  });

  test("the API's changes of refs count, too; tags and comments do not", async () => {
    const { data: main } = await world.maintainer.rest.repos.getBranch({ ...here, branch: "main" });
    const all = (await activities({ per_page: 100 })).length;
    await world.maintainer.rest.git.createRef({ ...here, ref: "refs/tags/v1", sha: main.commit.sha });
    await world.maintainer.rest.git.createRef({ ...here, ref: "refs/heads/by-api", sha: main.commit.sha });
    await world.maintainer.rest.git.deleteRef({ ...here, ref: "heads/by-api" });
    expect(await of("by-api")).toEqual(["branch_deletion", "branch_creation"]);
    expect(await activities({ per_page: 100 })).toHaveLength(all + 2);
  });

  test("a fork has its own, and what it came with is none", async () => {
    const { data: fork } = await world.contributor.rest.repos.createFork(here);
    const ofFork = async () => activities({ owner: "contributor", repo });
    expect(await ofFork()).toEqual([]);
    await world.git("push", "--quiet", world.cloneUrl(fork.full_name, "contributor-token"), "HEAD:refs/heads/outside");
    expect(await ofFork()).toMatchObject([{ type: "branch_creation", actor: "contributor" }]);
    expect(await of("outside")).toEqual([]);
    const byActor = async (actor: string) => (await activities({ actor, owner: "contributor", repo })).length;
    expect([await byActor("Contributor"), await byActor("maintainer")]).toEqual([1, 0]);
  });

  test("two pushes at once are told apart", async () => {
    const rounds = ["one", "two", "three"];
    for (const round of rounds) {
      const sha = await world.commit(`at-once/${round}`);
      const push = (user: string) =>
        world.git("push", "--quiet", world.cloneUrl(undefined, `${user}-token`), `${sha}:refs/heads/${user}/${round}`);
      await Promise.all([push("maintainer"), push("developer")]);
    }
    const actors = await Promise.all(
      ["maintainer", "developer"].flatMap((user) =>
        rounds.map(async (round) => (await activities({ ref: `${user}/${round}` })).map(({ actor }) => actor === user)),
      ),
    );
    expect(actors).toEqual(Array.from({ length: 6 }, () => [true]));
  });
});

describe("pages", () => {
  test("by cursors in the links, forwards and backwards, without one shown twice", async () => {
    const { maintainer } = world;
    const all = await activities({ per_page: 100 });
    expect(all.length).toBeGreaterThan(6);
    const pages = await maintainer.paginate(maintainer.rest.repos.listActivities, { ...here, per_page: 2 });
    expect(pages.map(({ after, ref }) => `${ref} ${after}`)).toEqual(all.map(({ after, ref }) => `${ref} ${after}`));

    const { data: repository } = await maintainer.rest.repos.get(here);
    const first = await maintainer.rest.repos.listActivities({ ...here, per_page: 2 });
    expect(first.headers.link).toMatch(
      new RegExp(
        `^<${world.host.apiUrl}/repositories/${repository.id}/activity\\?per_page=2&after=[\\w-]+>; rel="next"$`,
      ),
    );
    const nextUrl = linkTo("next", first.headers.link);
    await world.push("meanwhile");
    const second = await maintainer.request(`GET ${nextUrl}`);
    expect((second.data as { id: number }[]).map(({ id }) => id)).toEqual(pages.slice(2, 4).map(({ id }) => id));
    const back = await maintainer.request(`GET ${linkTo("prev", second.headers.link)}`);
    expect((back.data as { id: number }[]).map(({ id }) => id)).toEqual(pages.slice(0, 2).map(({ id }) => id));
  });

  test("a cursor that is none is refused", async () => {
    const asked = world.maintainer.rest.repos.listActivities({ ...here, after: "2026-01-01T00:00:00Z" });
    expect((await refusal(asked)).status).toBe(422);
  });
});

test("a period ends although nothing happens", async () => {
  await world.push("lately");
  const lately = async () => (await activities({ ref: "lately", time_period: "day" })).length;
  expect(await lately()).toBe(1);
  now = new Date(now.getTime() + 25 * 3_600_000);
  expect(await lately()).toBe(0);
});

test("a restart loses none, and notes what a kill has kept it from noting", async () => {
  const before = await activities({ per_page: 100 });
  await world.restart();
  expect(await activities({ per_page: 100 })).toEqual(before);
  await world.host.stop();
  const bare = `${world.folder}/data/repositories/${owner}/${repo}.git`;
  await world.git(`--git-dir=${bare}`, "update-ref", "refs/heads/cut-off", "refs/heads/main");
  await world.restart();
  expect(await of("cut-off")).toEqual(["branch_creation"]);
  expect(await activities({ per_page: 100 })).toHaveLength(before.length + 1);
  expect(world.log.filter((line) => /violation|error/.test(line))).toEqual([]);
});

test("a state from before activities were noted is read, and nothing is made up for it", async () => {
  await world.host.stop();
  const file = `${world.folder}/data/state.json`;
  const later = ["activities", "branches", "folder", "formerNames", "installations", "installationTokens"];
  const state = await readFile(file, "utf8");
  const old = JSON.parse(state, (key, value: unknown) => (later.includes(key) ? undefined : value)) as object;
  await writeFile(file, JSON.stringify(old));
  await world.restart();
  expect(await activities()).toEqual([]);
  const number = await world.open("from-now-on");
  expect(await activities()).toMatchObject([{ type: "branch_creation", ref: "refs/heads/from-now-on" }]);
  expect((await world.maintainer.rest.pulls.get({ ...here, pull_number: number })).data.commits).toBe(1);
});

function linkTo(rel: string, header: string | undefined): string {
  return new RegExp(`<([^>]+)>; rel="${rel}"`).exec(header ?? "")?.[1] ?? "none";
}
