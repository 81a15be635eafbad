import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { initCommand, type InitOptions } from "../../../automation/commands/init.ts";
import { answerProblem, settingsOf, type Answers } from "../../../automation/init/answers.ts";
import { enterpriseApi, likelyImage, remoteOf, type Found } from "../../../automation/init/detect.ts";
import { initFlags, type AnswerKey } from "../../../automation/init/flags.ts";
import { nextSteps, type Written } from "../../../automation/init/next-steps.ts";
import { projectFolder } from "../../../automation/init/project-folder.ts";
import { answersAtHand, questions, type Question } from "../../../automation/init/questions.ts";
import { renderSettings } from "../../../automation/init/render-settings.ts";
import { terminalAsk } from "../../../automation/init/terminal-ask.ts";
import type { InitWorld } from "../../../automation/init/world.ts";
import { checkSettings } from "../../../automation/settings/check.ts";
import type { Group } from "../../../automation/settings/group.ts";
import { UserError } from "../../../automation/user-error.ts";

function answers(texts: Readonly<Partial<Record<AnswerKey, string>>>): Answers {
  return new Map(Object.entries(texts).map(([key, text]) => [key as AnswerKey, { text }]));
}

const complete = {
  repository: "acme/app",
  label: "*",
  "chart.path": "./helm",
  "route.host": "app.example.com",
  "pulumi.backendUrl": "s3://acme-previews",
  "admission.forks": "refuse",
  "admission.ttl": "72h",
  "admission.maxPreviews": "10",
} as const;

describe("a remote's URL", () => {
  test.each<[string, string | undefined, string?]>([
    ["https://github.com/acme/app.git", "acme/app"],
    ["https://github.com/acme/app", "acme/app"],
    ["https://github.com/acme/app/", "acme/app"],
    ["https://someone:secret@github.com/acme/app.git", "acme/app"],
    ["git@github.com:acme/app.git", "acme/app"],
    ["git@github.com:/acme/app.git", "acme/app"],
    ["github.com:acme/app", "acme/app"],
    ["ssh://git@github.com/acme/app.git", "acme/app"],
    ["ssh://git@ssh.github.com:443/acme/app.git", "acme/app", "ssh.github.com"],
    ["git://github.com/acme/app.js.git", "acme/app.js"],
    ["https://git.example.com/acme/app", "acme/app", "git.example.com"],
    ["http://127.0.0.1:3000/acme/app.git", "acme/app", "127.0.0.1"],
    ["https://gitlab.example.com/group/sub/app.git", undefined],
    ["https://github.com/acme", undefined],
    ["file:///srv/git/acme/app.git", undefined],
    ["/srv/git/app.git", undefined],
    ["../app.git", undefined],
    ["C:/acme/app.git", undefined],
    ["https://", undefined],
    ["", undefined],
  ])("%s", (url, repository, host = "github.com") => {
    expect(remoteOf(url)).toEqual(repository === undefined ? undefined : { host, repository });
  });

  test.each([
    ["github.com", undefined],
    ["ssh.github.com", undefined],
    ["github.com-work", undefined],
    ["localhost", undefined],
    ["git.example.com", "https://git.example.com/api/v3"],
  ])("the API of %s", (host, api) => {
    expect(enterpriseApi({ host, repository: "acme/app" })).toBe(api);
  });

  test("an image's name is in lower case", () => {
    expect(likelyImage("Acme/App")).toBe("ghcr.io/acme/app");
  });
});

describe("answers", () => {
  test("every answer becomes its setting", () => {
    expect(settingsOf(answers(complete))).toEqual({
      repository: "acme/app",
      label: "*",
      chart: { path: "./helm" },
      route: { host: "app.example.com" },
      pulumi: { backendUrl: "s3://acme-previews" },
      admission: { forks: "refuse", ttl: "72h", maxPreviews: 10 },
    });
  });

  test.each<[AnswerKey, string, RegExp | undefined]>([
    ["repository", "acme/app", undefined],
    ["repository", "app", /^"app" is not "owner\/name"$/],
    ["label", "x".repeat(51), /is not the name of a label, at most 50/],
    ["chart.path", "../up", /is not a folder of the repository/],
    ["route.host", "Not A Host", /is not a host name/],
    ["pulumi.backendUrl", "bucket", /is not a URL starting with file:\/\//],
    ["admission.forks", "never", /^"never" is not "refuse" or "approve" or "allow"$/],
    ["admission.ttl", "3 days", /is not a duration/],
    ["admission.maxPreviews", "0", /^0 is not a whole number from 1/],
    ["admission.maxPreviews", "many", /^"many" is not a whole number from 1/],
    ["admission.maxPreviews", "10", undefined],
  ])('%s "%s"', (key, text, expected) => {
    const problem = answerProblem(key, text);
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toMatch(expected);
  });
});

describe("what is asked", () => {
  const nothing: Found = { remote: undefined, charts: [] };
  const clone: Found = { remote: { host: "github.com", repository: "acme/cloned" }, charts: ["./chart", "./charts/b"] };
  const asked = (flags: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>, found: Found) => {
    const { given, found: assumed } = answersAtHand(flags, env, found);
    return questions(given, assumed);
  };

  test("everything, where nothing is known, with the defaults of the schema", () => {
    expect(asked({}, {}, nothing).map(({ key, fallback }) => [key, fallback])).toEqual([
      ["repository", ""],
      ["label", "preview"],
      ["chart.path", "./helm"],
      ["route.host", "kbot.example.com"],
      ["admission.image", ""],
      ["pulumi.backendUrl", ""],
      ["admission.forks", "approve"],
      ["admission.ttl", ""],
      ["admission.maxPreviews", ""],
    ]);
  });

  test("nothing that a flag gave", () => {
    expect(asked({ repository: "a/b", label: "x", host: "h", chart: "c", forks: "f" }, {}, clone)).toMatchObject([
      { key: "admission.image" },
      { key: "pulumi.backendUrl" },
      { key: "admission.ttl" },
      { key: "admission.maxPreviews" },
    ]);
  });

  test.each<[string, Readonly<Record<string, string>>, Found, string]>([
    ["the environment", { GITHUB_REPOSITORY: "acme/env" }, clone, "acme/env"],
    ["the clone", {}, clone, "acme/cloned"],
    ["the clone, since the variable is empty", { GITHUB_REPOSITORY: "" }, clone, "acme/cloned"],
    ["nothing", {}, nothing, ""],
  ])("the repository that is offered is that of %s", (_, env, found, repository) => {
    expect(asked({}, env, found).find(({ key }) => key === "repository")?.fallback).toBe(repository);
  });

  test("the first chart that was found is offered", () => {
    expect(asked({}, {}, clone).find(({ key }) => key === "chart.path")?.fallback).toBe("./chart");
  });

  test("only the repository must have an answer, and every answer offered is allowed", () => {
    for (const { key, fallback, choices = [], problem } of asked({}, {}, clone)) {
      expect(problem("") === undefined).toBe(key !== "repository");
      for (const text of [fallback, ...choices.map(({ value }) => value)]) expect(problem(text)).toBeUndefined();
      expect(problem("\t?\n")).toBeDefined();
    }
  });
});

describe("the file", () => {
  const render = (texts: Partial<Record<AnswerKey, string>>, schema?: string) =>
    renderSettings(answers(texts), { remote: undefined, schema });

  test.each<[string, Partial<Record<AnswerKey, string>>]>([
    ["one answer", { repository: "acme/app" }],
    ["all answers", complete],
    ["answers that YAML would misread", { repository: "1/2", label: "#: yes", "route.host": "1.2" }],
    ["one of a group", { repository: "acme/app", "admission.ttl": "1h" }],
  ])("%s: holds what was answered and nothing else", (_, texts) => {
    expect(parse(render(texts))).toEqual(settingsOf(answers(texts)));
  });

  test("shows the hints as comments, and the modeline first", () => {
    const schema = "./node_modules/preview-environments/previews.schema.json";
    const text = render({ repository: "Acme/App", "admission.forks": "refuse" }, schema);
    expect(text.split("\n")[0]).toBe(`# yaml-language-server: $schema=${schema}`);
    expect(text).toContain("\nadmission:\n");
    expect(text).toContain("\n  forks: refuse\n");
    for (const hint of ["  # ttl: 72h", "  # maxPreviews: 10", "  # image: ghcr.io/acme/app", "#   logs: false"]) {
      expect(text).toContain(`\n${hint}\n`);
    }
    expect(text).not.toContain("apiUrl");
  });

  test("without a schema there is no modeline", () => {
    expect(render({ repository: "acme/app" })).not.toContain("yaml-language-server");
  });

  test("a hint is no hint any more when it was answered", () => {
    expect(render(complete)).not.toMatch(/# (ttl|maxPreviews|label|host|path|backendUrl):/);
  });

  test("names the API of an Enterprise Server", () => {
    const remote = { host: "git.example.com", repository: "acme/app" };
    const text = renderSettings(answers({ repository: "acme/app" }), { remote, schema: undefined });
    expect(text).toContain("#   apiUrl: https://git.example.com/api/v3\n");
  });

  test("is right with its hints taken in", () => {
    const remote = { host: "git.example.com", repository: "acme/app" };
    const text = renderSettings(answers({ repository: "acme/app", "admission.forks": "allow" }), {
      remote,
      schema: undefined,
    });
    // A hint starts with the name of a setting, which no sentence does.
    const settings = text.replace(/^( *)# ( *(?:[a-z][A-Za-z]*:(?: .*)?|# .*))$/gm, "$1$2");
    expect(settings).not.toBe(text);
    const taken = parse(settings) as Group;
    expect(taken).toMatchObject({ label: "preview", feedback: { logs: false }, admission: { ttl: "72h" } });
    expect(checkSettings({ settings: taken, origins: new Map() }).problems).toEqual([]);
  });
});

describe("what to do next", () => {
  const written = (changes: Partial<Written>): readonly string[] =>
    nextSteps({ file: "previews.yaml", answers: answers({}), env: {}, completed: true, ...changes });

  test.each<[string, Partial<Written>, readonly string[]]>([
    [
      "all of it",
      {},
      ["export GITHUB_TOKEN=…", "pulumi login", 'the label "preview"', "previews plan ", "previews sync "],
    ],
    [
      "a bucket asks for a passphrase",
      { answers: answers({ "pulumi.backendUrl": "s3://b" }), env: { GITHUB_TOKEN: "t" } },
      ["export PULUMI_CONFIG_PASSPHRASE=…", 'the label "preview"', "previews plan ", "previews sync "],
    ],
    [
      "nothing is missing",
      {
        answers: answers({ label: "*" }),
        env: { GITHUB_APP_ID: "1", PULUMI_BACKEND_URL: "s3://b", PULUMI_CONFIG_PASSPHRASE: "" },
      },
      ["previews plan ", "previews sync "],
    ],
    [
      "Pulumi Cloud",
      { answers: answers({ label: "*" }), env: { GITHUB_TOKEN: "t", PULUMI_ACCESS_TOKEN: "p" } },
      ["previews plan ", "previews sync "],
    ],
    [
      "another file, and no schema",
      {
        answers: answers({ label: "*", "pulumi.backendUrl": "https://pulumi.example.com" }),
        env: { GITHUB_TOKEN: "t" },
        file: "ci/my previews.yaml",
        completed: false,
      },
      ['previews plan --config "ci/my previews.yaml"', "previews sync --config", "previews.schema.json"],
    ],
  ])("%s", (_, given, expected) => {
    expect(written(given)).toEqual(expected.map((text) => expect.stringContaining(text) as string));
  });
});

describe("previews init", () => {
  interface Fake extends InitWorld {
    readonly files: Map<string, string>;
    readonly asked: Question[];
  }

  function world({
    env = {},
    found = { remote: undefined, charts: [] },
    replies,
    files = new Map<string, string>(),
    schema,
  }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly found?: Found;
    /** Answers by setting; undefined: Ctrl-C. What is not here is answered by going on. */
    readonly replies?: Readonly<Partial<Record<AnswerKey, string | undefined>>>;
    readonly files?: Map<string, string>;
    readonly schema?: string;
  }): Fake {
    const asked: Question[] = [];
    const ask = (question: Question) => {
      asked.push(question);
      return Promise.resolve(replies && question.key in replies ? replies[question.key] : question.fallback);
    };
    return {
      env,
      files,
      asked,
      ask: replies === undefined ? undefined : ask,
      project: {
        look: () => Promise.resolve(found),
        has: (file) => Promise.resolve(files.has(file)),
        write: (file, text, { replace }) => {
          if (files.has(file) && !replace) return Promise.resolve(false);
          files.set(file, text);
          return Promise.resolve(true);
        },
        schemaFor: () => Promise.resolve(schema),
      },
    };
  }

  const init = (fake: Fake, options: Partial<InitOptions> = {}) =>
    initCommand({ flags: {}, output: "previews.yaml", force: false, ask: true, ...options }, fake);

  async function refused(fake: Fake, options: Partial<InitOptions> = {}): Promise<UserError> {
    const before = new Map(fake.files);
    const error: unknown = await init(fake, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof UserError)) throw new Error("it was not refused", { cause: error });
    expect(fake.files).toEqual(before);
    return error;
  }

  const clone: Found = { remote: { host: "github.com", repository: "acme/app" }, charts: ["./helm"] };

  test("writes what flags and the folder say where nobody can be asked", async () => {
    const fake = world({ found: clone, schema: "./schema.json" });
    const result = await init(fake, { flags: { host: "app.example.com" } });
    const settings = { repository: "acme/app", chart: { path: "./helm" }, route: { host: "app.example.com" } };
    expect(parse(fake.files.get("previews.yaml") ?? "")).toEqual(settings);
    expect(fake.files.get("previews.yaml")).toContain("$schema=./schema.json\n");
    expect(result).toMatchObject({ exitCode: 0, json: { file: "previews.yaml", settings } });
    expect(result.text()).toMatch(/^Wrote previews.yaml\. Next:\n {2}export GITHUB_TOKEN/);
  });

  test("asks for the rest; an empty answer is none", async () => {
    const fake = world({ found: clone, replies: { label: "*", "admission.maxPreviews": "3" } });
    await init(fake, { flags: { host: "app.example.com" } });
    expect(fake.asked.map(({ key }) => key)).not.toContain("route.host");
    expect(parse(fake.files.get("previews.yaml") ?? "")).toEqual({
      repository: "acme/app",
      label: "*",
      chart: { path: "./helm" },
      route: { host: "app.example.com" },
      admission: { forks: "approve", maxPreviews: 3 },
    });
  });

  test("asks nothing when told so", async () => {
    const fake = world({ found: clone, replies: {} });
    await init(fake, { ask: false });
    expect(fake.asked).toEqual([]);
    expect(fake.files.has("previews.yaml")).toBe(true);
  });

  test("a schema that was named wins", async () => {
    const fake = world({ found: clone, schema: "./schema.json" });
    await init(fake, { schema: "https://example.com/previews.schema.json" });
    expect(fake.files.get("previews.yaml")).toContain("$schema=https://example.com/previews.schema.json\n");
  });

  test("Ctrl-C at a question writes nothing", async () => {
    const error = await refused(world({ found: clone, replies: { "route.host": undefined } }));
    expect(error).toMatchObject({ exitCode: 130, message: "interrupted; nothing was written" });
  });

  test("a file that is there stays, and nothing is asked", async () => {
    const fake = world({ found: clone, replies: {}, files: new Map([["previews.yaml", "mine"]]) });
    const error = await refused(fake);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/previews\.yaml: it is already there and was left as it is; add --force/);
    expect(fake.asked).toEqual([]);
  });

  test("a file that came meanwhile stays", async () => {
    const fake = world({ found: clone });
    fake.files.set("previews.yaml", "theirs");
    const blind: Fake = { ...fake, project: { ...fake.project, has: () => Promise.resolve(false) } };
    expect((await refused(blind)).message).toMatch(/it is already there/);
  });

  test("--workflow writes the workflow, too", async () => {
    const fake = world({ found: clone });
    const result = await init(fake, { workflow: true });
    expect([...fake.files.keys()]).toEqual(["previews.yaml", ".github/workflows/previews.yaml"]);
    expect(result.text()).toMatch(/^Wrote previews.yaml and .github\/workflows\/previews.yaml\. Next:\n/);
  });

  test("a workflow that is there stays, and no settings are written", async () => {
    const fake = world({ found: clone, files: new Map([[".github/workflows/previews.yaml", "mine"]]) });
    expect((await refused(fake, { workflow: true })).message).toMatch(
      /\.github\/workflows\/previews\.yaml: it is already/,
    );
  });

  test("--force replaces it", async () => {
    const fake = world({ found: clone, files: new Map([["previews.yaml", "mine"]]) });
    await init(fake, { force: true });
    expect(fake.files.get("previews.yaml")).toContain("repository: acme/app");
  });

  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, readonly RegExp[]]>([
    [
      "no repository",
      {},
      {},
      [/^repository: is missing; allowed: "owner\/name"\. Set --repository or GITHUB_REPOSITORY/],
    ],
    ["a wrong variable", { GITHUB_REPOSITORY: "app" }, {}, [/^repository \(GITHUB_REPOSITORY\): "app" is not/]],
    [
      "several wrong flags",
      {},
      { host: "Not A Host", ttl: "soon", "max-previews": "0" },
      [/^admission.maxPreviews \(--max-previews\): 0/, /^admission.ttl/, /^repository: is missing/, /^route.host/],
    ],
    ["an empty flag", {}, { repository: "acme/app", label: "" }, [/^label \(--label\): "" is not/]],
  ])("%s: one message, nothing written", async (_, env, flags, expected) => {
    const error = await refused(world({ env }), { flags });
    expect(error.exitCode).toBe(2);
    const lines = error.message.split("\n").slice(1);
    expect(lines.map((line) => line.trim()).toSorted()).toEqual(
      expected.map((pattern) => expect.stringMatching(pattern) as string),
    );
  });

  test("a wrong flag is told before anything is asked", async () => {
    const fake = world({ found: clone, replies: {} });
    expect((await refused(fake, { flags: { forks: "never" } })).message).toMatch(/admission\.forks \(--forks\)/);
    expect(fake.asked).toEqual([]);
  });

  test("no two flags are for the same setting", () => {
    expect(new Set(initFlags.map(({ key }) => key)).size).toBe(initFlags.length);
  });
});

describe("the folder", () => {
  // A hook of git names its own repository in the environment.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "init-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const file = async (path: string, text = "") => {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), text);
  };

  test("tells the remote and the charts of the repository, also from a folder in it", async () => {
    const git = (...args: readonly string[]) => promisify(execFile)("git", args, { cwd: root, env });
    await git("init", "--quiet");
    await git("remote", "add", "origin", "git@git.example.com:acme/app.git");
    await Promise.all(
      ["charts/b", "charts/a", "chart", "helm/kbot", "helm/kbot/charts/sub"].map((path) => file(`${path}/Chart.yaml`)),
    );
    await file("charts/none/values.yaml");
    expect(await projectFolder(join(root, "charts/none"), env).look()).toEqual({
      remote: { host: "git.example.com", repository: "acme/app" },
      charts: ["./chart", "./helm/kbot", "./charts/a", "./charts/b"],
    });
  });

  test("tells what it can where there is no repository", async () => {
    await file("helm/Chart.yaml");
    expect(await projectFolder(root, env).look()).toEqual({ remote: undefined, charts: ["./helm"] });
  });

  test.each([
    ["in the folder", "previews.yaml", ".", "./node_modules/preview-environments/previews.schema.json"],
    ["above it", "ci/deep/previews.yaml", ".", "../../node_modules/preview-environments/previews.schema.json"],
    ["nearer", "ci/previews.yaml", "ci", "./node_modules/preview-environments/previews.schema.json"],
    ["not above it", "previews.yaml", "ci", undefined],
  ])("finds the schema of a package that is installed %s", async (_, settings, installed, expected) => {
    await file(join(installed, "node_modules/preview-environments/previews.schema.json"), "{}");
    expect(await projectFolder(root, env).schemaFor(settings)).toBe(expected);
  });

  test("writes a whole file and leaves nothing else", async () => {
    expect(await projectFolder(root, env).write("previews.yaml", "text\n", { replace: false })).toBe(true);
    expect(await readFile(join(root, "previews.yaml"), "utf8")).toBe("text\n");
    expect(await readdir(root)).toEqual(["previews.yaml"]);
  });

  test("makes the folder of a file when asked to", async () => {
    const options = { replace: false, makeFolder: true };
    expect(await projectFolder(root, env).write(".github/workflows/previews.yaml", "text\n", options)).toBe(true);
    expect(await readdir(join(root, ".github/workflows"))).toEqual(["previews.yaml"]);
  });

  test("replaces a file only when asked to", async () => {
    await file("previews.yaml", "mine");
    const folder = projectFolder(root, env);
    expect(await folder.has("previews.yaml")).toBe(true);
    expect(await folder.write("previews.yaml", "text", { replace: false })).toBe(false);
    expect(await readFile(join(root, "previews.yaml"), "utf8")).toBe("mine");
    expect(await folder.write("previews.yaml", "text", { replace: true })).toBe(true);
    expect(await readFile(join(root, "previews.yaml"), "utf8")).toBe("text");
    expect(await readdir(root)).toEqual(["previews.yaml"]);
  });

  test("a link to nothing is a file that is there", async () => {
    await symlink("nowhere", join(root, "previews.yaml"));
    expect(await projectFolder(root, env).has("previews.yaml")).toBe(true);
    expect(await projectFolder(root, env).write("previews.yaml", "text", { replace: false })).toBe(false);
  });

  test.each([
    ["no/previews.yaml", /--output: "no\/previews\.yaml" cannot be written: there is no folder ".*\/no"/],
    ["folder", /--output: "folder" cannot be written: /],
  ])("says why %s cannot be written", async (path, expected) => {
    await mkdir(join(root, "folder"));
    await expect(projectFolder(root, env).write(path, "text", { replace: true })).rejects.toThrow(expected);
    expect(await readdir(root)).toEqual(["folder"]);
  });
});

describe("on a terminal", () => {
  const enter = "\r";
  const down = "\u001b[B";
  const interrupt = "\u0003";
  const eraseLine = "\u0015";

  /** Types one thing after the other, each when what was typed before has been shown. */
  async function answer(question: Partial<Question>, keys: readonly string[]): Promise<[string | undefined, string]> {
    const input = new PassThrough();
    const output = new PassThrough();
    let shown = "";
    output.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const full: Question = {
      key: "label",
      message: "Label",
      fallback: "preview",
      problem: () => undefined,
      ...question,
    };
    const answered = terminalAsk({ input, output })(full);
    let before = 0;
    for (const key of keys) {
      await expect.poll(() => shown.length, { interval: 5 }).toBeGreaterThan(before);
      before = shown.length;
      input.write(key);
    }
    return [await answered, shown];
  }

  const problem = (text: string) => (text === "bad" ? '"bad" is not allowed' : undefined);
  const choices = ["approve", "refuse", "allow"].map((value) => ({ value, hint: `hint of ${value}` }));

  test.each<[string, Partial<Question>, readonly string[], string | undefined]>([
    ["what is typed", {}, ["mine", enter], "mine"],
    ["without the space around it", {}, ["  mine ", enter], "mine"],
    ["what is offered", {}, [enter], "preview"],
    ["nothing", { fallback: "" }, [enter], ""],
    ["a problem is shown and asked again", { problem }, ["bad", enter, eraseLine, "good", enter], "good"],
    ["also what is offered can have one", { problem, fallback: "bad" }, [enter, "good", enter], "good"],
    ["the choice that is offered", { choices, fallback: "refuse" }, [enter], "refuse"],
    ["another choice", { choices, fallback: "refuse" }, [down, enter], "allow"],
    ["Ctrl-C", {}, ["mine", interrupt], undefined],
    ["Ctrl-C at a choice", { choices }, [interrupt], undefined],
  ])("%s", async (_, question, keys, expected) => {
    const [answered, shown] = await answer(question, keys);
    expect(answered).toBe(expected);
    expect(shown).toContain("Label");
    if (question.problem) expect(shown).toContain('"bad" is not allowed');
  });
});
