import { execa } from "execa";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse } from "yaml";

/** `action.yml` of a composite action, as far as its steps run something. */
export interface ActionManifest {
  readonly description: string;
  readonly inputs: Readonly<Record<string, ActionInput>>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly ActionStep[] };
}

export interface ActionInput {
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string;
}

export interface ActionStep {
  readonly name?: string;
  readonly id?: string;
  readonly shell: string;
  readonly run: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "working-directory"?: string;
}

export interface ActionCall {
  /** Where the action lies: a checkout of its repository. */
  readonly actionPath: string;
  /** Folder for the files of the runner; what is in it afterwards is of no use. */
  readonly temporary: string;
  /** `GITHUB_WORKSPACE`: where steps start. */
  readonly workspace: string;
  readonly with?: Readonly<Record<string, string>>;
  /** What the job gives the step: the runner's variables, and `env` of the workflow, the job and the step. */
  readonly env: Readonly<Record<string, string>>;
  /** `github.token`. */
  readonly token: string;
}

export interface ActionResult {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown of the job's summary. */
  readonly summary: string;
  /** What the steps have printed. */
  readonly log: string;
}

export async function readAction(actionPath: string): Promise<ActionManifest> {
  return parse(await readFile(join(actionPath, "action.yml"), "utf8")) as ActionManifest;
}

/**
 * Does with a composite action what GitHub's runner does: defaults for inputs, expressions, a shell for each step, files for
 * its outputs and its summary, and no further step after one that failed. The outputs of the action are set in any case.
 */
export async function runAction(call: ActionCall): Promise<ActionResult> {
  const { inputs, outputs, runs } = await readAction(call.actionPath);
  if (runs.using !== "composite") throw new Error(`the action runs by "${runs.using}"; only "composite" is known here`);
  const github = { token: call.token, action_path: call.actionPath };
  const given = new Map<string, string>();
  for (const [name, { default: fallback = "" }] of Object.entries(inputs)) {
    given.set(name, call.with?.[name] ?? evaluate(fallback, { github }));
  }
  const unknown = Object.keys(call.with ?? {}).filter((name) => !(name in inputs));
  if (unknown.length > 0) throw new Error(`the action has no input ${unknown.join(", ")}`);

  const files = await mkdtemp(join(call.temporary, "runner-"));
  const steps: Record<string, { readonly outputs: Readonly<Record<string, string>> }> = {};
  let exitCode = 0;
  let log = "";
  let summary = "";
  try {
    for (const [index, step] of runs.steps.entries()) {
      const place = join(files, String(index));
      const ran = await runStep(step, { call, place, contexts: { github, inputs: Object.fromEntries(given), steps } });
      log += ran.log;
      summary += ran.summary;
      if (step.id !== undefined) steps[step.id] = { outputs: ran.outputs };
      exitCode = ran.exitCode;
      if (exitCode !== 0) break;
    }
  } finally {
    await rm(files, { recursive: true, force: true });
  }
  const results = Object.entries(outputs).map(([name, { value }]) => [name, evaluate(value, { steps })]);
  return { exitCode, outputs: Object.fromEntries(results) as Record<string, string>, summary, log };
}

interface StepRun {
  readonly call: ActionCall;
  readonly place: string;
  readonly contexts: Contexts;
}

async function runStep(step: ActionStep, { call, place, contexts }: StepRun): Promise<ActionResult> {
  if (step.shell !== "bash") throw new Error(`step "${String(step.name)}" wants the shell "${step.shell}"`);
  await mkdir(place);
  const file = (name: string) => join(place, name);
  for (const name of ["output", "summary", "env", "path"]) await writeFile(file(name), "");
  await writeFile(file("script.sh"), evaluate(step.run, contexts));
  const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, evaluate(value, contexts)]);
  const { exitCode, all } = await execa("bash", ["--noprofile", "--norc", "-eo", "pipefail", file("script.sh")], {
    cwd: resolve(call.workspace, evaluate(step["working-directory"] ?? ".", contexts)),
    env: {
      ...call.env,
      ...(Object.fromEntries(own) as Record<string, string>),
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_ACTION_PATH: call.actionPath,
      GITHUB_WORKSPACE: call.workspace,
      GITHUB_OUTPUT: file("output"),
      GITHUB_STEP_SUMMARY: file("summary"),
      GITHUB_ENV: file("env"),
      GITHUB_PATH: file("path"),
    },
    extendEnv: false,
    reject: false,
    all: true,
  });
  return {
    exitCode: exitCode ?? 1,
    outputs: readOutputs(await readFile(file("output"), "utf8")),
    summary: await readFile(file("summary"), "utf8"),
    log: `${all}\n`,
  };
}

/** `name=value` and `name<<DELIMITER` blocks, as the runner reads them. */
export function readOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split("\n");
  while (lines.length > 0) {
    const line = lines.shift() ?? "";
    const block = /^([^=]+?)<<(.+)$/.exec(line);
    const plain = /^([^=]+)=(.*)$/.exec(line);
    if (block) {
      const [, name = "", delimiter = ""] = block;
      const end = lines.indexOf(delimiter);
      if (end < 0) throw new Error(`the output "${name}" has no line "${delimiter}" at its end`);
      outputs[name] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join("\n");
    } else if (plain) outputs[plain[1] ?? ""] = plain[2] ?? "";
    else if (line !== "") throw new Error(`"${line}" is no output`);
  }
  return outputs;
}

interface Contexts {
  readonly github?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly steps?: Readonly<Record<string, { readonly outputs: Readonly<Record<string, string>> }>>;
}

/** Puts values for `${{ … }}`. What is not there is empty, as on GitHub; what is no plain name is refused. */
function evaluate(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    const [context = "", ...path] = expression.split(".");
    const names = context === "steps" ? /^[\w-]+\.outputs\.[\w-]+$/ : /^[\w-]+$/;
    if (!(context in contexts) || !names.test(path.join("."))) {
      throw new Error(`the expression "${expression}" is not known here`);
    }
    const value = path.reduce<unknown>(
      (object, name) => (object as Readonly<Record<string, unknown>> | undefined)?.[name],
      contexts[context as keyof Contexts],
    );
    return typeof value === "string" ? value : "";
  });
}
