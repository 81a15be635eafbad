import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { actionOutputs } from "../../../automation/report/action-outputs.ts";
import { settingSources } from "../../../automation/settings/sources.ts";
import { readAction, readOutputs, type ActionManifest } from "../../support/composite-action.ts";

let action: ActionManifest;
beforeAll(async () => {
  action = await readAction(join(import.meta.dirname, "../../.."));
});

const sentence = (help: string) => help.charAt(0).toUpperCase() + help.slice(1);

describe("action.yml", () => {
  test("has an input for every setting that has a flag, described by the same words", () => {
    const own = ["config", "working-directory", "github-token", "dry-run", "full", "confirm-destroys"];
    const flags = settingSources.flatMap(({ flag, help = "" }) => (flag === undefined ? [] : [{ flag, help }]));
    expect(Object.keys(action.inputs)).toEqual([...own, ...flags.map(({ flag }) => flag)]);
    for (const { flag, help } of flags) expect(action.inputs[flag]?.description).toContain(sentence(help));
  });

  test("gives every input but the folder to the driver, by a variable", () => {
    const variables = action.runs.steps.flatMap(({ env = {} }) => Object.values(env));
    const passed = variables.map((value) => /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)?.[1]);
    expect(passed.toSorted()).toEqual(
      Object.keys(action.inputs)
        .filter((name) => name !== "working-directory")
        .toSorted(),
    );
  });

  test("has no expression in the text of a script", () => {
    expect(action.runs.steps.filter(({ run }) => run.includes("${{"))).toEqual([]);
  });

  test("describes everything, and has the outputs of the driver", () => {
    const described = [...Object.values(action.inputs), ...Object.values(action.outputs), action];
    expect(described.filter(({ description }) => description.trim() === "")).toEqual([]);
    const outputs = ["exit-code", ...Object.keys(actionOutputs({ outcomes: [] }))];
    expect(Object.keys(action.outputs)).toEqual(outputs);
    expect(Object.values(action.outputs).map(({ value }) => value)).toEqual(
      outputs.map((name) => `\${{ steps.sync.outputs.${name} }}`),
    );
  });
});

describe("the files of outputs", () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ["plain", "a=1\nb=x=y\n", { a: "1", b: "x=y" }],
    ["a block", "a<<END\n1\na=2\nEND\nb=3\n", { a: "1\na=2", b: "3" }],
    ["nothing", "", {}],
  ])("%s", (_, text, expected) => {
    expect(readOutputs(text)).toEqual(expected);
  });

  test("a block without its end is refused", () => {
    expect(() => readOutputs("a<<END\n1\n")).toThrow('the output "a" has no line "END"');
  });
});
