import { parseDocument } from "yaml";

/** A workflow of GitHub Actions, as far as the rules look at it. */
interface Workflow {
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** Our own action, which goes by its version: who follows it wants its repairs. */
const OWN_ACTION = /^[\w.-]+\/preview-environments@v\d+$/;

const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;

/** What a pull request's author has in hand. */
const HEAD = /\b(head_sha|head_branch|head_ref|head_repository)\b|\bpull_request\.head\b|refs\/pull\//;

/** What is wrong with a workflow, beyond what actionlint sees: pins, rights, and how it treats other people's code. */
export function workflowProblems(text: string): readonly string[] {
  const workflow = parseDocument(text).toJS() as Workflow;
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, { steps: own = [] }]) => own);
  return [
    ...steps.flatMap(({ uses }) => (uses === undefined ? [] : pinProblems(uses, text))),
    ...topRightsProblems(workflow.permissions),
    ...(isOfPullRequest(workflow) ? unprivilegedProblems(workflow, text) : steps.flatMap(headProblems)),
    ...steps.flatMap(checkoutProblems),
    ...steps.flatMap(({ run = "" }) => (run.includes("${{") ? [`an expression in the text of a script: ${run}`] : [])),
    ...jobs.flatMap(([name, job]) => jobProblems(name, job, workflow)),
  ];
}

function pinProblems(uses: string, text: string): string[] {
  if (OWN_ACTION.test(uses)) return [];
  if (!PINNED.test(uses)) return [`"${uses}" is not pinned by a full sha`];
  return new RegExp(`uses: ${uses} # v\\d+\\.\\d+\\.\\d+\\n`).test(text) ? [] : [`"${uses}" does not say its version`];
}

function topRightsProblems(permissions: unknown): string[] {
  const allowed = ["{}", '{"contents":"read"}'];
  return allowed.includes(JSON.stringify(permissions)) ? [] : ["the workflow's own permissions are more than reading"];
}

/** Whether it runs the code, and even the workflow file, of a pull request. */
function isOfPullRequest({ on }: Workflow): boolean {
  return eventsOf(on).includes("pull_request");
}

function unprivilegedProblems({ on, jobs }: Workflow, text: string): string[] {
  const problems: string[] = [];
  if (eventsOf(on).length > 1) problems.push("pull_request shares its workflow with other events");
  if (/\bsecrets\b/.test(text)) problems.push("a secret where pull requests run");
  const rights = Object.values(jobs).map(({ permissions = {} }) => JSON.stringify(permissions));
  if (rights.some((one) => one.includes("write"))) problems.push("a right to write where pull requests run");
  return problems;
}

function headProblems({ uses, with: inputs = {} }: Step): string[] {
  const given = JSON.stringify(inputs);
  return uses !== undefined && HEAD.test(given) ? [`"${uses}" is given what belongs to a pull request: ${given}`] : [];
}

function checkoutProblems({ uses = "", run = "", with: inputs = {} }: Step): string[] {
  if (/\b(git (clone|fetch|checkout|pull)|gh pr checkout)\b/.test(run)) return [`a checkout by hand: ${run}`];
  if (!uses.startsWith("actions/checkout@")) return [];
  return inputs["persist-credentials"] === false ? [] : ["a checkout that leaves its token behind"];
}

function jobProblems(name: string, { steps = [], concurrency, ...job }: Job, workflow: Workflow): string[] {
  const problems = job["timeout-minutes"] === undefined ? [`job "${name}" has no time-out`] : [];
  if (!steps.some(({ uses = "" }) => OWN_ACTION.test(uses))) return problems;
  const { group, "cancel-in-progress": cancels } = (concurrency ?? workflow.concurrency ?? {}) as Record<
    string,
    unknown
  >;
  if (group !== undefined && cancels === false) return problems;
  return [...problems, `job "${name}" runs Pulumi without a group in which nothing is cancelled`];
}

function eventsOf(on: unknown): readonly string[] {
  if (typeof on === "string") return [on];
  return Array.isArray(on) ? (on as string[]) : Object.keys(on as object);
}
