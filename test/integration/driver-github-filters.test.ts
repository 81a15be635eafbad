import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { startDrivers, startGitHubOfDriver, type Drivers, type GitHubOfDriver } from "./driver-github-world.ts";
import { here } from "./github-world.ts";

let github: GitHubOfDriver;
let drivers: Drivers;
/** Pull requests by what they are. */
const number: Record<string, number> = {};

/** What a branch changes: contents by path, and moves. */
interface Change {
  readonly files?: readonly string[];
  readonly moves?: readonly (readonly [from: string, to: string])[];
}

async function commit(branch: string, { files = [], moves = [] }: Change): Promise<void> {
  const at = (path: string) => join(github.folder, "clone", path);
  await github.git("checkout", "--quiet", ...(branch === "main" ? ["main"] : ["-b", branch, "main"]));
  for (const path of files) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), `${branch}: ${path}\n`.repeat(20));
  }
  for (const [from, to] of moves) {
    await mkdir(dirname(at(to)), { recursive: true });
    await rename(at(from), at(to));
  }
  await github.git("add", "--all");
  await github.git("commit", "--quiet", "--message", `change ${branch}`);
  await github.git("push", "--quiet", github.cloneUrl(), `HEAD:refs/heads/${branch}`);
}

async function open(branch: string, change: Change): Promise<number> {
  await commit(branch, change);
  const { data } = await github.maintainer.rest.pulls.create({ ...here, title: branch, head: branch, base: "main" });
  await github.label(data.number, "preview");
  return data.number;
}

beforeAll(async () => {
  github = await startGitHubOfDriver();
  drivers = await startDrivers(github);
  await commit("main", { files: ["api/main.go", "web/index.ts", "docs/index.md"] });
  await github.git("push", "--quiet", github.cloneUrl(), "main:refs/heads/release/v1");
  number["plain"] = await github.openPullRequest({ branch: "feature/deep/plain", title: "feat: a plain one" });
  number["draft"] = await github.openPullRequest({ branch: "wip/draft", title: "WIP: a draft", draft: true });
  number["release"] = await github.openPullRequest({ branch: "fix", title: "fix: for v1", base: "release/v1" });
  number["labelled"] = await github.openPullRequest({ branch: "more", labels: ["Preview", "team:web", "no preview"] });
  number["bare"] = await github.openPullRequest({ branch: "bare", labels: [] });
  number["foreign"] = await github.openPullRequest({ branch: "foreign", fork: true });
  number["api"] = await open("api", { files: ["api/main.go"] });
  number["docs"] = await open("docs", { files: ["docs/index.md"] });
  number["moved"] = await open("moved", { moves: [["api/main.go", "attic/main.go"]] });
  number["both"] = await open("both", { files: ["api/main.go", "web/.hidden/a b.ts"] });
  github.wait(10);
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

/** What previews.yaml makes of each of these pull requests: `admit`, or the reason why not. */
async function verdicts(yaml: string, of: readonly string[]): Promise<Record<string, string>> {
  const driver = drivers.driver({ settings: parse(yaml) as object });
  const { json, exitCode } = await driver.plan();
  expect(exitCode).toBe(0);
  const rows = of.map((name) => {
    const row = json?.pullRequests.find((one) => one.number === number[name]);
    return [name, row?.verdict === "admit" ? "admit" : (row?.reason ?? "not in the plan")];
  });
  return Object.fromEntries(rows) as Record<string, string>;
}

const forkReason = expect.stringMatching(/^it comes from the fork contributor\/app; /) as string;

describe("previews.yaml decides about pull requests:", () => {
  test.each([
    [
      "by default: by the label, whatever its case",
      "{}",
      {
        plain: "admit",
        draft: "admit",
        labelled: "admit",
        bare: 'the label "preview" is missing',
        foreign: forkReason,
      },
    ],
    ["every one asks", 'label: "*"', { plain: "admit", bare: "admit", foreign: forkReason }],
    ["by another label", "label: team:web", { labelled: "admit", plain: 'the label "team:web" is missing' }],
    [
      "by more labels",
      "admission: { labels: { all: [team:WEB], none: [hold] } }",
      { labelled: "admit", plain: 'it lacks the label "team:WEB"' },
    ],
    [
      "by any of several labels",
      "admission: { labels: { any: [team:web, team:api] } }",
      { labelled: "admit", plain: 'it has none of the labels "team:web", "team:api"' },
    ],
    [
      "by a label that keeps it away",
      "admission: { labels: { none: [no preview] } }",
      { labelled: 'it has the label "no preview", which keeps previews away', plain: "admit" },
    ],
    [
      "by a label that pauses it",
      "admission: { labels: { pause: no preview } }",
      { labelled: 'the label "no preview" pauses it', plain: "admit" },
    ],
    [
      "by the branch it is against",
      "admission: { branches: { base: { include: [main, 'release/*'], exclude: ['release/v1'] } } }",
      { plain: "admit", release: 'pull requests against the branch "release/v1" get no preview' },
    ],
    [
      "by the branch it comes from",
      "admission: { branches: { head: { include: ['feature/**', fix], exclude: ['wip/*'] } } }",
      {
        plain: "admit",
        release: "admit",
        draft: 'pull requests from the branch "wip/draft" get no preview',
      },
    ],
    [
      "by one star, which crosses no slash",
      "admission: { branches: { head: { include: ['feature/*'] } } }",
      { plain: 'pull requests from the branch "feature/deep/plain" get no preview' },
    ],
    [
      "by the title",
      "admission: { title: '^(feat|fix): ' }",
      { plain: "admit", release: "admit", draft: "its title does not match ^(feat|fix): " },
    ],
    ["as a draft", "admission: { drafts: false }", { plain: "admit", draft: "it is a draft" }],
    [
      "by its author",
      "admission: { forks: allow, authors: { include: [Maintainer, contributor], exclude: [CONTRIBUTOR] } }",
      { plain: "admit", foreign: "pull requests of contributor get no preview" },
    ],
    [
      "by what its author is",
      "admission: { forks: allow, associations: [OWNER, MEMBER, COLLABORATOR] }",
      {
        plain: "admit",
        foreign: "its author is NONE to the repository; allowed: OWNER, MEMBER, COLLABORATOR",
      },
    ],
    [
      "by what it changes, and where that was before",
      "admission: { files: { include: ['api/**'] } }",
      { api: "admit", moved: "admit", both: "admit", docs: "it changes nothing under api/**" },
    ],
    [
      "by what it changes but for some",
      "admission: { files: { exclude: ['docs/**'] } }",
      { api: "admit", docs: "it changes nothing that counts" },
    ],
    [
      "by what it changes in a folder with a dot",
      "admission: { files: { include: ['web/**'] } }",
      { both: "admit", api: "it changes nothing under web/**" },
    ],
  ])("%s", async (_, yaml, expected) => {
    expect(await verdicts(yaml, Object.keys(expected))).toEqual(expected);
  });
});

test("several apps have a preview each, by what is theirs, and all go with the pull request", async () => {
  const yaml = `
    apps:
      - { name: api, files: { include: ['api/**', 'attic/**'] }, chart: { path: ./api/helm } }
      - { name: web, files: { include: ['web/**'] }, values: { replicas: 1 } }
  `;
  const driver = drivers.driver({ settings: parse(yaml) as object, feedback: "all" });
  const { exitCode, done } = await driver.sync();
  expect(exitCode).toBe(0);
  const made = ["api:api", "moved:api", "both:api", "both:web"].map((pair) => {
    const [of = "", app = ""] = pair.split(":");
    return `create pr-${String(number[of])}-${app}`;
  });
  expect(done.toSorted()).toEqual(made.toSorted());
  const both = number["both"] ?? 0;
  const { data } = await github.maintainer.rest.issues.listComments({ ...here, issue_number: both });
  expect(data).toHaveLength(1);
  expect(data[0]?.body).toMatch(/\| *`api` *\|.*✅ ready.*\n.*\| *`web` *\|.*✅ ready/);
  const status = await github.maintainer.rest.repos.listCommitStatusesForRef({ ...here, ref: await github.head(both) });
  expect(status.data[0]).toMatchObject({ state: "success", description: "2 ready" });
  github.wait(10);
  expect((await driver.sync()).done).toEqual([]);
  await github.close(both);
  expect((await driver.sync()).done.toSorted()).toEqual([`destroy pr-${both}-api`, `destroy pr-${both}-web`]);
});
