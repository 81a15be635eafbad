import type { Outcome } from "../model.ts";
import type { SyncReport } from "./sync-report.ts";

/** Outputs of a step in GitHub Actions, by name. `action.yml` says what each means. */
export type ActionOutputs = Readonly<Record<string, string>>;

/** What a workflow can go on with after a sync. */
export function actionOutputs({ outcomes }: Pick<SyncReport, "outcomes">): ActionOutputs {
  const count = (action: Outcome["action"]) => String(outcomes.filter((one) => one.ok && one.action === action).length);
  return {
    urls: JSON.stringify(urls(outcomes)),
    created: count("create"),
    updated: count("update"),
    kept: count("keep"),
    held: count("hold"),
    destroyed: count("destroy"),
    failed: String(outcomes.filter(({ ok }) => !ok).length),
  };
}

function urls(outcomes: readonly Outcome[]): Readonly<Record<string, string>> {
  const up = outcomes.filter(({ ok, action }) => ok && action !== "destroy");
  return Object.fromEntries(up.flatMap(({ name, url }) => (url === undefined ? [] : [[name, url]])));
}

/**
 * Lines for the file that GITHUB_OUTPUT names.
 *
 * @param delimiter a line that no value has
 */
export function outputLines(outputs: ActionOutputs, delimiter: string): string {
  return Object.entries(outputs)
    .map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
    .join("");
}
