import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { initCommand } from "../../../automation/commands/init.ts";
import { renderWorkflow, WORKFLOW_FILE } from "../../../automation/init/render-workflow.ts";
import { readAction } from "../../support/composite-action.ts";
import { workflowProblems } from "../../support/workflow-rules.ts";

const app = join(import.meta.dirname, "../../../examples/app");
const workflows = join(app, ".github/workflows");

/** As the example's owner would call it: previews init --workflow … */
const flags = {
  repository: "den-vasyliev/kbot",
  chart: "./helm",
  host: "kbot.example.com",
  image: "ghcr.io/den-vasyliev/kbot",
  "backend-url": "s3://kbot-previews",
  ttl: "72h",
  "max-previews": "20",
};

describe("the example's repository", () => {
  test("has the settings and the workflow that previews init writes", async () => {
    const written = new Map<string, string>();
    await initCommand(
      { flags, output: "previews.yaml", force: false, ask: false, workflow: true },
      {
        env: {},
        ask: undefined,
        project: {
          look: () => Promise.resolve({ remote: undefined, charts: [] }),
          has: () => Promise.resolve(false),
          schemaFor: () => Promise.resolve(undefined),
          write: (file, text) => {
            written.set(file, text);
            return Promise.resolve(true);
          },
        },
      },
    );
    expect([...written.keys()]).toEqual(["previews.yaml", WORKFLOW_FILE]);
    for (const [file, text] of written) await expect(text).toMatchFileSnapshot(join(app, file));
  });

  test("has workflows that keep our rules", async () => {
    const files = (await readdir(workflows)).toSorted();
    expect(files).toEqual(["image.yaml", "previews.yaml", "push-image.yaml", "release.yaml"]);
    for (const file of files) {
      expect({ file, problems: workflowProblems(await readFile(join(workflows, file), "utf8")) }).toEqual({
        file,
        problems: [],
      });
    }
  });

  test("pins each action to one commit", async () => {
    const texts = await Promise.all((await readdir(workflows)).map((file) => readFile(join(workflows, file), "utf8")));
    const pins = new Set(texts.flatMap((text) => text.match(/uses: \S+ # v\S+/g) ?? []));
    const actions = [...pins].map((pin) => pin.replace(/@.*/, ""));
    expect(actions).toHaveLength(new Set(actions).size);
  });
});

describe("the workflow that init writes", () => {
  const answer = (text: string) => new Map([["pulumi.backendUrl", { text }]] as const);

  test.each([
    ["nothing is answered", new Map<never, never>(), "PULUMI_ACCESS_TOKEN"],
    ["Pulumi Cloud keeps the stacks", answer("https://api.example.com"), "PULUMI_ACCESS_TOKEN"],
    ["a bucket keeps them", answer("s3://bucket"), "PULUMI_CONFIG_PASSPHRASE"],
  ])("gives the one secret that the state needs: %s", (_, answers, secret) => {
    const text = renderWorkflow(answers);
    expect(text.match(/secrets\.(\w+)/g)).toEqual(["secrets.KUBECONFIG", `secrets.${secret}`]);
    expect(workflowProblems(text)).toEqual([]);
  });

  test("gives the action only what the action takes", async () => {
    const { inputs } = await readAction(join(app, "../.."));
    const { jobs } = parse(renderWorkflow(new Map(), { config: "x" })) as {
      jobs: { sync: { steps: { uses?: string; with?: object }[] } };
    };
    const ours = jobs.sync.steps.find(({ uses = "" }) => uses.includes("/preview-environments@"));
    expect(Object.keys(ours?.with ?? {})).toEqual(["kubeconfig", "config"]);
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(ours?.with ?? {})));
  });

  test("names a settings file that is not the usual one", () => {
    expect(renderWorkflow(new Map(), { config: "ci/previews.yaml" })).toContain(
      '\n          config: "ci/previews.yaml"\n',
    );
    expect(renderWorkflow(new Map())).not.toContain("          config:");
  });
});

describe("the rules", () => {
  const pin = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2";
  const workflow = ({
    on = "pull_request_target",
    permissions = "{}",
    job = "timeout-minutes: 5",
    steps = [`uses: ${pin}\n        with: { persist-credentials: false }`],
  }) =>
    `on: ${on}\npermissions: ${permissions}\njobs:\n  one:\n    ${job}\n    steps:\n${steps.map((step) => `      - ${step}\n`).join("")}`;

  test("let through what keeps them", () => {
    expect(workflowProblems(workflow({}))).toEqual([]);
    expect(workflowProblems(workflow({ on: "pull_request", permissions: "{ contents: read }" }))).toEqual([]);
  });

  test.each<[string, Parameters<typeof workflow>[0], RegExp]>([
    ["a tag", { steps: ["uses: actions/cache@v5"] }, /"actions\/cache@v5" is not pinned/],
    ["a short sha", { steps: ["uses: actions/cache@8b402f58"] }, /is not pinned/],
    ["a pin without its version", { steps: [`uses: a/b@${"0".repeat(40)}`] }, /does not say its version/],
    ["no permissions at all", { permissions: "" }, /more than reading/],
    ["rights for every job", { permissions: "write-all" }, /more than reading/],
    [
      "the head in a privileged checkout",
      {
        steps: [
          `uses: ${pin}\n        with: { ref: "\${{ github.event.pull_request.head.sha }}", persist-credentials: false }`,
        ],
      },
      /what belongs to a pull request/,
    ],
    [
      "the head of the run before",
      {
        on: "workflow_run",
        steps: [
          `uses: ${pin}\n        with: { ref: "\${{ github.event.workflow_run.head_sha }}", persist-credentials: false }`,
        ],
      },
      /what belongs to a pull request/,
    ],
    ["a checkout by hand", { steps: ["run: gh pr checkout 41"] }, /a checkout by hand/],
    ["a token left behind", { steps: [`uses: ${pin}`] }, /leaves its token behind/],
    [
      "a title in a script",
      { steps: ["run: echo ${{ github.event.pull_request.title }}"] },
      /an expression in the text/,
    ],
    ["a secret for pull requests", { on: "pull_request", steps: ["run: x # secrets.X"] }, /a secret where/],
    [
      "a right to write for pull requests",
      { on: "pull_request", job: "timeout-minutes: 5\n    permissions: { packages: write }" },
      /a right to write/,
    ],
    ["pull requests and more", { on: "[pull_request, push]" }, /shares its workflow/],
    ["no time-out", { job: "name: x" }, /job "one" has no time-out/],
    ["Pulumi without a group", { steps: ["uses: acme/preview-environments@v1"] }, /runs Pulumi without a group/],
    [
      "Pulumi that is cancelled",
      {
        job: "timeout-minutes: 5\n    concurrency: { group: a, cancel-in-progress: true }",
        steps: ["uses: acme/preview-environments@v1"],
      },
      /runs Pulumi without a group/,
    ],
  ])("refuse %s", (_, given, problem) => {
    expect(workflowProblems(workflow(given))).toEqual([expect.stringMatching(problem)]);
  });
});
