import type * as z from "zod";
import { previewProblems } from "../../components/manifests/preview.ts";
import type { PullRequest } from "../model.ts";
import { appsOf, onlyApp, type App } from "../apps.ts";
import { titleProblem } from "../patterns.ts";
import { previewSpec } from "../preview-spec.ts";
import type { Problem } from "../problem.ts";
import { isGroup, type Group } from "./group.ts";
import type { GivenSettings } from "./overlay.ts";
import { fileSchema, MAX_STACKS_AT_ONCE, type FileSettings } from "./schema.ts";
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
  const { engine, concurrency = 1 } = settings;
  if (engine === "automation" && concurrency > MAX_STACKS_AT_ONCE) {
    const text = `${concurrency} is too many for the engine "automation"; allowed: a whole number from 1 to ${MAX_STACKS_AT_ONCE}`;
    problems.push(keyed("concurrency", text));
  }
  for (const [key, text] of previewFaults(settings, onlyApp)) problems.push(keyed(key, text));
  problems.push(...appProblems(settings));
  const { title } = settings.admission;
  const wrong = title === undefined ? undefined : titleProblem(title);
  if (wrong !== undefined) problems.push(keyed("admission.title", `"${String(title)}" is no RE2 expression: ${wrong}`));
  return { settings, problems };
}

/** What is wrong with the previews that these settings would give: key and text. */
function previewFaults(settings: FileSettings, app: App): readonly (readonly [string, string])[] {
  return previewProblems(previewSpec({ ...settings, repository: "o/r" }, samplePullRequest, app)).map((problem) => {
    const [key = "", ...text] = problem.split(": ");
    return [key, text.join(": ")];
  });
}

/** What an app has of its own, by the key it has in a preview. */
const ownKeys: Readonly<Record<string, string>> = { "chart.path": "chart.path", "route.host": "host" };

function appProblems(settings: FileSettings): Problem[] {
  const apps = appsOf(settings);
  return apps.flatMap((app, index) => {
    if (app.name === undefined) return [];
    const faults = previewFaults(settings, app).flatMap(([key, text]) => {
      const own = ownKeys[key];
      const given = own !== undefined && valueAt(app.settings, own.split(".")) !== undefined;
      return given ? [{ key: `apps.${index}.${own}`, text }] : [];
    });
    if (apps.findIndex(({ name }) => name === app.name) === index) return faults;
    return [...faults, { key: `apps.${index}.name`, text: `"${app.name}" is the name of another app already` }];
  });
}

function faultyPaths(issue: z.core.$ZodIssue): PropertyKey[][] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** Stands for any pull request where only the settings are of interest. */
const samplePullRequest: PullRequest = {
  number: 1,
  title: "",
  author: "",
  authorAssociation: "",
  state: "open",
  draft: false,
  labels: [],
  url: "",
  repository: "o/r",
  createdAt: "",
  updatedAt: "",
  base: { branch: "" },
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
    // The place in a list: all its items have one shape, which unwrapping the list gives.
    if (typeof key === "number") continue;
    if (key !== "") schema = (schema as { shape: Record<PropertyKey, unknown> }).shape[key];
    while (isWrapper(schema)) schema = schema.unwrap();
  }
  return (schema as { shape?: Group }).shape ?? {};
}

function isWrapper(schema: unknown): schema is { unwrap(): unknown } {
  return typeof schema === "object" && schema !== null && "unwrap" in schema;
}

function valueAt(settings: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return (value as readonly unknown[])[Number(key)];
    return isGroup(value) ? value[String(key)] : undefined;
  }, settings);
}

function without(settings: Group, path: readonly PropertyKey[]): Group {
  const [key, ...rest] = path.map(String);
  if (key === undefined) return settings;
  const { [key]: value, ...others } = settings;
  return rest.length === 0 || !isGroup(value) ? others : { ...others, [key]: without(value, rest) };
}
