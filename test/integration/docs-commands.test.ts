import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandLine, initLine } from "../../automation/cli.ts";
import { ProblemsError } from "../../automation/problem.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { blocksOf, documentedLines, documentedScript } from "../support/documented.ts";
import { testTools } from "../support/test-tools.ts";
import about from "../../package.json" with { type: "json" };

const execute = promisify(execFile);

/** One command of a document. */
interface Documented {
  readonly at: string;
  /** Without variables in front, and without npx. */
  readonly words: readonly string[];
  /** Document and heading of its block, as the tests that run it name them. */
  readonly block: string;
  readonly excuse: string | undefined;
}

/** What runs outside of a block that a test takes: the beginning of the command, a file, and what must stand in it. */
const runElsewhere: readonly (readonly [command: string, file: string, needle: string])[] = [
  ["npm ci", ".ci/run", "npm ci"],
  ["npm test", ".ci/run", "npm test"],
  ["npm run check", ".ci/run", "npm run check"],
  ["npm run test:unit", ".ci/run", "npm test"],
  ["npm run build", "test/support/packed.ts", "scripts/build.js"],
  ["npm run docs:api", "test/integration/package.test.ts", "typedoc"],
  ["npm run demo", "test/e2e/documents.test.ts", "typed(use.demo)"],
  ["npm run sandbox -- up", "test/integration/sandbox.test.ts", "await up("],
];

const documents = (await filesOf("*.md")).sort();
const commands = documents.flatMap(commandsOf);
/** The blocks whose every line a test runs: it names document and heading where it takes them. */
const taken = (await Promise.all((await filesOf("test/*.ts")).map(blocksTaken))).flat();
const starting = (...words: readonly string[]) =>
  commands.filter((command) => words.every((word, at) => command.words[at] === word));

test("documents have commands, and every excuse a reason", () => {
  expect(documents).toEqual(expect.arrayContaining(["README.md", "docs/getting-started.md", "policy/README.md"]));
  expect(commands.length).toBeGreaterThan(40);
  expect(commands.filter(({ excuse }) => excuse !== undefined && excuse.length < 15)).toEqual([]);
});

test.each(starting("previews"))("$at: $words is a command line of previews", async ({ words }) => {
  expect(await previewsProblem(words.slice(1))).toBeUndefined();
});

test("a renamed flag, a command that is gone and a wrong argument are found", async () => {
  expect(await previewsProblem(["sync", "--confirm", "12"])).toContain("unknown option '--confirm'");
  expect(await previewsProblem(["synchronise"])).toContain("unknown command 'synchronise'");
  expect(await previewsProblem(["up", "41", "42"])).toContain("too many arguments");
});

test.each(starting("npm"))("$at: $words is a script of this package, or npm's own", ({ words }) => {
  const [, command = "", ...rest] = words;
  const script = command === "run" ? rest.find((word) => !word.startsWith("-")) : undefined;
  if (command === "run") expect(Object.keys(about.scripts)).toContain(script);
  else expect(["ci", "install", "pack", "test"]).toContain(command);
});

describe("the Pulumi CLI", () => {
  let pulumi: string;
  let home: string;

  beforeAll(async () => {
    pulumi = (await testTools()).bin.pulumi;
    home = await mkdtemp(join(tmpdir(), "docs-"));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  // Flags are read before help is given: a flag that is not there is an error.
  const help = (words: readonly string[]) =>
    execute(pulumi, [...words, "--help"], { env: { ...process.env, PULUMI_HOME: home } });

  test.each(starting("pulumi"))("$at: $words is a command line of pulumi", async ({ words }) => {
    const [command = "", ...rest] = words.slice(1);
    expect((await help([command, ...rest])).stdout).toContain(`pulumi ${command}`);
  });

  test("a flag that Pulumi does not have is found", async () => {
    await expect(help(["up", "--no-such-flag"])).rejects.toThrow(/unknown flag/);
  });
});

test("every command is run by a test, or its block says why not", () => {
  const unaccounted = commands.filter(({ words, excuse, block }) => {
    const line = words.join(" ");
    const elsewhere = runElsewhere.some(([command]) => line === command || line.startsWith(`${command} `));
    return excuse === undefined && !taken.includes(block) && !elsewhere && !isInit(words) && words[0] !== "cd";
  });
  expect(unaccounted.map(({ at, words }) => `${at}: ${words.join(" ")}`)).toEqual([]);
});

test("a line that no test knows, and words that are gone, are found where a test takes a block", () => {
  const kind = ["docs/getting-started.md", "## kind"] as const;
  const brake = ["docs/operations.md", "## The brake"] as const;
  expect(Object.keys(documentedLines(...brake, ["plan", "sync"]))).toEqual(["plan", "sync"]);
  expect(() => documentedLines(...brake, ["plan"])).toThrow("has 2 lines, and the test knows 1");
  expect(() => documentedScript(...brake, { "--confirm": "" })).not.toThrow();
  expect(() => documentedScript(...brake, { "--confirmed": "" })).toThrow('does not say ["--confirmed"]');
  expect(() => documentedScript(...kind)).toThrow("has 0 blocks without an excuse");
});

test.each(runElsewhere)("%s is what %s does", async (_, file, needle) => {
  expect(await readFile(join(projectRoot, file), "utf8")).toContain(needle);
});

test.each(starting("cd"))("$at: $words leads somewhere", ({ words }) => {
  expect(existsSync(join(projectRoot, words[1] ?? ""))).toBe(true);
});

test.each(commands.filter(({ words, excuse }) => isInit(words) && excuse === undefined))(
  "$at: $words writes settings",
  async ({ words }) => {
    const folder = await mkdtemp(join(tmpdir(), "docs-"));
    try {
      execFileSync("git", ["init", "-q", folder]);
      execFileSync("git", ["-C", folder, "remote", "add", "origin", "https://github.com/acme/app.git"]);
      await execute("node", [join(projectRoot, "bin/previews.js"), ...words.slice(1), "--yes"], { cwd: folder });
      expect(await readFile(join(folder, "previews.yaml"), "utf8")).toContain("acme/app");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

function isInit(words: readonly string[]): boolean {
  return words[0] === "previews" && words[1] === "init";
}

/** What the real command line says against these arguments. Nothing is run. */
async function previewsProblem(args: readonly string[]): Promise<string | undefined> {
  const program = commandLine(() => Promise.resolve());
  initLine(program).action(() => undefined);
  let said = "";
  const quiet = { writeOut: () => undefined, writeErr: (text: string) => (said += text) };
  for (const command of [program, ...program.commands]) {
    command.configureOutput(quiet).exitOverride();
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return undefined;
  } catch (error) {
    // Commands that check more than the command line have read it by then: files and secrets that are not here.
    if (error instanceof ProblemsError) return undefined;
    return `${String(error)}\n${said}`;
  }
}

async function filesOf(pattern: string): Promise<string[]> {
  const { stdout } = await execute("git", ["ls-files", "-co", "--exclude-standard", pattern], { cwd: projectRoot });
  return stdout.split("\n").filter((file) => file !== "" && existsSync(join(projectRoot, file)));
}

function commandsOf(file: string): Documented[] {
  return blocksOf(file).flatMap(({ heading, lines, excuse }) =>
    lines.flatMap(({ text, line }) =>
      splitCommands(text).map((words) => ({ at: `${file}:${line}`, words, block: `${file} ${heading}`, excuse })),
    ),
  );
}

async function blocksTaken(file: string): Promise<string[]> {
  const calls = /\bdocumented(?:Lines|Script)\(\s*"([^"]+)",\s*"([^"]+)"/g;
  const text = await readFile(join(projectRoot, file), "utf8");
  return [...text.matchAll(calls)].map(([, document = "", heading = ""]) => `${document} ${heading}`);
}

/** The commands of a line, as words: those after `&&` and `;`, without redirections, variables in front and npx. */
function splitCommands(text: string): string[][] {
  return text.split(/\s*(?:&&|;)\s*/).flatMap((command) => {
    const words = (command.replace(/\s[<>]{1,2}\s*\S+/g, "").match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).map((word) =>
      word.replace(/^(["'])(.*)\1$/, "$2"),
    );
    while (/^[A-Za-z_]\w*=/.test(words[0] ?? "") || words[0] === "npx" || words[0] === "export") words.shift();
    return words.length === 0 ? [] : [words];
  });
}
