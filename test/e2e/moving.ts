import { expect, test } from "vitest";
import { execFileSync } from "node:child_process";
import { ask } from "../../sandbox/http.ts";
import { headSha, platformUp, previews, type Line } from "../../sandbox/line.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { documentedLines, runLines } from "../support/documented.ts";

export interface MovingOptions {
  readonly line: () => Line;
  /** Waits until the path answers this commit. */
  readonly answersCommit: (path: string, sha: string) => Promise<string>;
  /** A commit on the branch of this pull request. */
  readonly push: (number: number) => Promise<string>;
}

interface Report {
  readonly ok: boolean;
  readonly outcomes: readonly { readonly number: number; readonly action: string; readonly ok: boolean }[];
}

/** The driver with the flux engine, and from one engine to the other and back. Begins and ends with previews of Pulumi. */
export function movingTests({ line, answersCommit, push }: MovingOptions): void {
  const numbers = [41, 42] as const;
  const names = ["engine", "source", "repository", "up", "sync"] as const;
  const admission = documentedLines("docs/flux-engine.md", "## With the driver's admission", names);
  const moving = documentedLines("docs/flux-engine.md", "## Moving between engines", ["there", "back"]);
  const run = async (...args: readonly string[]) => JSON.parse(await previews(line(), ...args, "--json")) as Report;
  const typed = (...lines: readonly string[]) =>
    runLines(lines.join("\n"), { cwd: projectRoot, env: { ...process.env, ...line().env } });
  const reported = async (command: string) => JSON.parse(await typed(`${command} --json`)) as Report;
  const kubectl = (...args: readonly string[]) =>
    execFileSync("kubectl", args, { env: { ...process.env, ...line().env }, encoding: "utf8" });
  const stacks = () =>
    execFileSync("pulumi", ["stack", "ls", "--project", "previews", "--json"], {
      env: { ...process.env, ...line().env },
      encoding: "utf8",
    });
  const engines = () => {
    const output = 'jsonpath={range .items[*]}{.metadata.labels.preview-environments\\.dev/engine}{" "}{end}';
    return new Set(kubectl("get", "helmreleases", "-n", "app-preview", "-o", output).trim().split(" "));
  };

  test("previews move to Flux Operator, and answer all the while", async () => {
    await typed(admission.engine, admission.source, admission.repository, admission.up);
    const asked = askAllTheWhile(line(), numbers);
    const report = await reported(moving.there);
    expect(await asked.stop()).toEqual({ refused: [] });
    expect(report).toMatchObject({
      ok: true,
      outcomes: numbers.map((number) => ({ number, action: "move", ok: true })),
    });
    expect(engines()).toEqual(new Set(["flux"]));
    expect(stacks()).not.toContain("pr-4");
    expect(kubectl("get", "helmreleases,gitrepositories", "-n", "app-preview", "-o", "yaml")).not.toContain("pulumi");
  });

  test("what the driver admits, Flux Operator makes: a push is answered with the new commit", async () => {
    const sha = await push(41);
    const report = await reported(admission.sync);
    expect(report.outcomes.find(({ number }) => number === 41)).toMatchObject({ action: "update", ok: true });
    expect(report.outcomes.find(({ number }) => number === 42)).toMatchObject({ action: "keep", ok: true });
    await answersCommit("/pr-41", sha);
  });

  test("they move back to Pulumi, and answer all the while", async () => {
    const asked = askAllTheWhile(line(), numbers);
    const report = await reported(moving.back);
    expect(await asked.stop()).toEqual({ refused: [] });
    expect(report).toMatchObject({ ok: true });
    expect(engines()).toEqual(new Set(["automation"]));
    const left = kubectl("get", "helmreleases,gitrepositories,serviceaccounts", "-n", "app-preview", "-o", "yaml");
    expect(left).not.toMatch(/resourceset|fluxcd\.controlplane\.io/);
    expect((await run("sync", "--full")).outcomes.map(({ number, action }) => [number, action])).toEqual(
      expect.arrayContaining([
        [41, "keep"],
        [42, "keep"],
      ]),
    );
    await platformUp(line());
    await answersCommit("/pr-41", await headSha(line(), 41));
  });
}

const PAUSE_MS = 50;

/** Asks for the previews in turn until it is stopped. Gives what was not answered 200, and fails if it hardly asked. */
function askAllTheWhile({ env }: Line, numbers: readonly number[]) {
  const [address = "", host = ""] = [env["GATEWAY_ADDRESS"], env["PREVIEW_HOST"]];
  const refused: string[] = [];
  const stopped = new AbortController();
  let asked = 0;
  const asking = (async () => {
    while (!stopped.signal.aborted) {
      for (const number of numbers) {
        const answer = await ask(address, host, `/pr-${number}`).catch((error: unknown) => ({ status: String(error) }));
        asked += 1;
        if (answer.status !== 200) refused.push(`/pr-${number}: ${answer.status}`);
      }
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await asking;
      if (asked < 20) throw new Error(`only ${asked} requests were made`);
      return { refused };
    },
  };
}
