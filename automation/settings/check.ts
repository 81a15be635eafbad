import type { z } from "zod";
import { previewProblems } from "../../components/manifests/preview.ts";
import type { PullRequest } from "../model.ts";
import { previewSpec } from "../preview-spec.ts";
import type { Problem } from "../problem.ts";
import { isGroup, type Group } from "./group.ts";
import type { GivenSettings } from "./overlay.ts";
import { fileSchema, type FileSettings } from "./schema.ts";
import { waysToSet } from "./sources.ts";

/** Checks every setting. What is wrong is named and replaced by its default, so that the rest can be checked too. */
export function checkSettings({ settings: given, origins }: GivenSettings): {
  readonly settings: FileSettings;
  readonly problems: readonly Problem[];
} {
  const keyed = (key: string, text: string): Problem => {
    const origin = origins.get(key);
    return { key: origin === undefined ? key : `${key} (${origin})`, text };
  };
  const first = fileSchema.safeParse(given);
  const issues = first.error?.issues ?? [];
  const settings = first.data ?? fileSchema.parse(issues.flatMap(faultyPaths).reduce(without, given));
  const problems = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? faultyPaths(issue).map(unknownKey)
      : [keyed(issue.path.join("."), `${JSON.stringify(valueAt(given, issue.path))} is not ${issue.message}`)],
  );
  if (settings.repository === undefined && valueAt(given, ["repository"]) === undefined) {
    problems.push(keyed("repository", `is missing; allowed: "owner/name". Set ${waysToSet("repository")}`));
  }
  for (const problem of previewProblems(previewSpec({ ...settings, repository: "o/r" }, samplePullRequest))) {
    const [key = "", ...text] = problem.split(": ");
    problems.push(keyed(key, text.join(": ")));
  }
  return { settings, problems };
}

function faultyPaths(issue: z.core.$ZodIssue): PropertyKey[][] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** Stands for any pull request where only the settings are of interest. */
const samplePullRequest: PullRequest = {
  number: 1,
  title: "",
  author: "",
  state: "open",
  draft: false,
  labels: [],
  url: "",
  repository: "o/r",
  head: { sha: "0".repeat(40), branch: "b", repository: "o/r", cloneUrl: "https://example.com/o/r.git" },
};

function unknownKey(path: readonly PropertyKey[]): Problem {
  const key = path.join(".");
  const group = path.slice(0, -1);
  if (/token|passphrase|password/i.test(key)) {
    const text =
      "secrets are not read from a file; set GITHUB_TOKEN, PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE";
    return { key, text };
  }
  const allowed = Object.keys(shapeAt(group)).join(", ");
  return {
    key,
    text: `there is no such setting; allowed${group.length === 0 ? "" : ` in "${group.join(".")}"`}: ${allowed}`,
  };
}

function shapeAt(path: readonly PropertyKey[]): Group {
  let schema: unknown = fileSchema;
  for (const key of ["", ...path]) {
    if (key !== "") schema = (schema as { shape: Record<PropertyKey, unknown> }).shape[key];
    while (isWrapper(schema)) schema = schema.unwrap();
  }
  return (schema as { shape?: Group }).shape ?? {};
}

function isWrapper(schema: unknown): schema is { unwrap(): unknown } {
  return typeof schema === "object" && schema !== null && "unwrap" in schema;
}

function valueAt(settings: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (isGroup(value) ? value[String(key)] : undefined), settings);
}

function without(settings: Group, path: readonly PropertyKey[]): Group {
  const [key, ...rest] = path.map(String);
  if (key === undefined) return settings;
  const { [key]: value, ...others } = settings;
  return rest.length === 0 || !isGroup(value) ? others : { ...others, [key]: without(value, rest) };
}
