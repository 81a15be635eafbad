import { chmod, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cliVersion } from "../../../automation/engines/automation/cli-version.ts";
import { shortMemory } from "../../../automation/memory/file-memory.ts";

let folder: string;
let memory: ReturnType<typeof shortMemory>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-version-"));
  memory = shortMemory();
});
afterEach(() => rm(folder, { recursive: true }));

async function program(path: string, { bytes = 20_000_000, mode = 0o755 } = {}): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, "");
  await truncate(file, bytes);
  await chmod(file, mode);
  return file;
}

/** What `pulumi version` answers, and how often it was asked. */
const cli = { answers: "3.220.0", questions: 0 };
beforeEach(() => {
  cli.answers = "3.220.0";
  cli.questions = 0;
});

/** The version as a driver sees it that starts with this PATH. */
const on = (...folders: readonly string[]) =>
  cliVersion({
    path: folders.map((one) => join(folder, one)).join(delimiter),
    memory,
    ask: () => {
      cli.questions++;
      return Promise.resolve(`${cli.answers}\n`);
    },
  });

test("a version is known of the file that said it, until that is another", async () => {
  const file = await program("a/pulumi");
  expect(await on("a")()).toBe("3.220.0");
  cli.answers = "3.230.0";
  const version = on("a");
  expect(await version()).toBe("3.220.0");
  expect(cli.questions).toBe(1);
  await utimes(file, new Date(), new Date("2026-01-01T00:00:00Z"));
  expect(await version()).toBe("3.230.0");
  cli.answers = "3.240.0";
  await utimes(file, new Date(), new Date("2026-01-02T00:00:00Z"));
  expect(await version()).toBe("3.240.0");
  expect(cli.questions).toBe(3);
});

test("the first on PATH that can be run is the one, by whatever link", async () => {
  await program("real/pulumi");
  await program("notes/pulumi", { mode: 0o644 });
  await mkdir(join(folder, "links"));
  await symlink(join(folder, "real/pulumi"), join(folder, "links/pulumi"));
  await on("links")();
  cli.answers = "3.230.0";
  expect(await on("nothing", "notes", "real")()).toBe("3.220.0");
  await program("other/pulumi");
  expect(await on("other", "real")()).toBe("3.230.0");
});

test.each<[string, () => Promise<unknown>]>([
  ["a script in its place", () => program("shim/pulumi", { bytes: 300 })],
  [
    "a version manager's program by its name",
    async () => {
      await program("manager/mise");
      await mkdir(join(folder, "shim"));
      await symlink(join(folder, "manager/mise"), join(folder, "shim/pulumi"));
    },
  ],
  ["none", () => Promise.resolve()],
])("each driver asks %s once, which may lead to another version tomorrow", async (_, make) => {
  await make();
  await program("real/pulumi");
  const path = _ === "none" ? ["shim"] : ["shim", "real"];
  const version = on(...path);
  expect(await Promise.all([version(), version()])).toEqual(["3.220.0", "3.220.0"]);
  cli.answers = "3.230.0";
  expect(await version()).toBe("3.220.0");
  expect(cli.questions).toBe(1);
  expect(await on(...path)()).toBe("3.230.0");
  expect(await on("real")()).toBe("3.230.0");
  expect(cli.questions).toBe(3);
});

test.each(["", "v2.25.0", "4.0.0", "command not found"])(
  "an answer of %j is no version to work with",
  async (answer) => {
    await program("a/pulumi");
    cli.answers = answer;
    await expect(on("a")()).rejects.toThrow(`must be of version 3; "pulumi version" answers "${answer}"`);
    cli.answers = "v3.220.0";
    expect(await on("a")()).toBe("v3.220.0");
  },
);

test("a question that failed is asked again", async () => {
  await program("a/pulumi");
  const answers = [Promise.reject(new Error("no memory")), Promise.resolve("3.220.0")];
  const version = cliVersion({ path: join(folder, "a"), memory, ask: () => answers.shift() ?? Promise.resolve("") });
  await expect(version()).rejects.toThrow("no memory");
  expect(await version()).toBe("3.220.0");
});
