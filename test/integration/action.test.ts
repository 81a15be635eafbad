import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../sandbox/paths.ts";
import { runAction, type ActionResult } from "../support/composite-action.ts";
import { startDriverWorld, type DriverWorld } from "../support/driver-world.ts";
import { sandboxObstacle } from "../support/machine.ts";

const obstacle = sandboxObstacle();

// One world, told as one story: each test starts from where the one before it ended.
describe.skipIf(obstacle !== undefined)("the action, as a job runs it", { timeout: 300_000 }, () => {
  let world: DriverWorld;
  let job: Readonly<Record<string, string>>;
  let token: string;

  beforeAll(async () => {
    world = await startDriverWorld();
    await world.open("one");
    await world.open("two", []);
    const { GITHUB_TOKEN = "", ...env } = world.env;
    token = GITHUB_TOKEN;
    // What the action installs is installed here: npm is only asked to, and says with what.
    await stand("npm", `printf '%s\\n' "$PWD" "$@" >> "$HOME/npm-was-asked"`);
    job = { ...env, PATH: [join(world.folder, "stand-ins"), env["PATH"] ?? ""].join(delimiter) };
  });
  afterEach(() => {
    world.flux.failing.clear();
  });
  afterAll(() => world.stop());

  async function stand(name: string, script: string): Promise<void> {
    const folder = join(world.folder, "stand-ins");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }

  const action = (inputs: Readonly<Record<string, string>> = {}, env = job): Promise<ActionResult> =>
    runAction({
      actionPath: projectRoot,
      temporary: world.folder,
      workspace: join(world.folder, "work"),
      with: inputs,
      env,
      token,
    });

  test("a dry run changes nothing and tells so in the job's summary", async () => {
    const { exitCode, outputs, summary, log } = await action({ "dry-run": "true" });
    expect(exitCode, log).toBe(0);
    expect(summary).toContain("Dry run: nothing was changed.");
    expect(outputs).toMatchObject({ "exit-code": "0", urls: "{}", created: "0" });
    expect(
      (await world.octokit.rest.issues.listComments({ owner: "acme", repo: "app", issue_number: 41 })).data,
    ).toEqual([]);
  });

  test("a sync gives a summary, the URLs and how many previews there are of each kind", async () => {
    const { exitCode, outputs, summary, log } = await action();
    expect(exitCode, log).toBe(0);
    expect(outputs).toEqual({
      "exit-code": "0",
      urls: '{"pr-41":"http://kbot.example.com/pr-41"}',
      created: "1",
      updated: "0",
      kept: "0",
      held: "1",
      destroyed: "0",
      failed: "0",
    });
    expect(summary).toContain("2 previews looked at, 1 create, 1 hold, none failed.");
  });

  test("a preview that fails fails the step; outputs and summary are there all the same", async () => {
    world.flux.failing.set("pr-41", "install retries exhausted");
    await world.push("one");
    const { exitCode, outputs, summary } = await action({ timeout: "10s" });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ "exit-code": "1", urls: "{}", updated: "0", failed: "1" });
    expect(summary).toContain("install retries exhausted");
  });

  test("inputs are settings, and win over the environment", async () => {
    const { exitCode, outputs, log } = await action({ label: "previw" }, { ...job, PREVIEW_LABEL: "preview" });
    expect(exitCode).toBe(2);
    expect(log).toContain('label: the repository has no label "previw"');
    expect(outputs).toMatchObject({ "exit-code": "2", urls: "" });
  });

  test.each([
    ["label", '"; touch PWNED; echo "'],
    ["label", "$(touch PWNED)"],
    ["label", "`touch PWNED`"],
    ["host", "x\ntouch PWNED"],
    ["config", "--help"],
    ["confirm-destroys", "1 && touch PWNED"],
    ["dry-run", "true ] || touch PWNED; [ true"],
  ])("the input %s cannot become a command: %s", async (name, value) => {
    const harmless = name === "dry-run" ? { label: "previw" } : {};
    const { exitCode, outputs } = await action({ [name]: value, ...harmless });
    expect(exitCode).toBe(2);
    expect(outputs["exit-code"]).toBe("2");
    const left = await stat(join(world.folder, "work", "PWNED")).catch(() => undefined);
    expect(left).toBeUndefined();
  });

  test("an input that the action does not have is an error of the workflow", async () => {
    await expect(action({ lable: "preview" })).rejects.toThrow("the action has no input lable");
  });

  test("its dependencies are installed where it lies, once, without those for its development", async () => {
    const elsewhere = join(world.folder, "elsewhere");
    await mkdir(join(elsewhere, "bin"), { recursive: true });
    await writeFile(join(elsewhere, "action.yml"), await readFile(join(projectRoot, "action.yml")));
    await writeFile(join(elsewhere, "bin/previews.js"), "#!/bin/sh\n");
    await chmod(join(elsewhere, "bin/previews.js"), 0o755);
    const call = { actionPath: elsewhere, temporary: world.folder, workspace: world.folder, env: job, token };
    const asked = () => readFile(join(job["HOME"] ?? "", "npm-was-asked"), "utf8").catch(() => "");
    await rm(join(job["HOME"] ?? "", "npm-was-asked"), { force: true });
    expect((await runAction(call)).exitCode).toBe(0);
    expect(await asked()).toBe(`${[elsewhere, "ci", "--omit=dev", "--no-audit", "--no-fund"].join("\n")}\n`);
    await mkdir(join(elsewhere, "node_modules"));
    await writeFile(join(elsewhere, "node_modules/.package-lock.json"), "{}");
    expect((await runAction(call)).exitCode).toBe(0);
    expect((await asked()).split("\n")).toHaveLength(6);
  });
});
