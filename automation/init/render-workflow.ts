import { isDiyBackend } from "../pulumi-backend.ts";
import type { Answers } from "./answers.ts";

/** Where GitHub looks for workflows. */
export const WORKFLOW_FILE = ".github/workflows/previews.yaml";

/** The action of this project. */
const ACTION = "den-vasyliev/preview-environments@v1";

/** Workflow of an application's repository whose images previews show: the next sync is due when one was pushed. */
const IMAGE_WORKFLOW = "Push image";

/** Other people's actions, by commit: a tag can be moved. The comment is what update bots go by. */
const pinned = {
  checkout: "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2",
  node: "actions/setup-node@6044e13b5dc448c55e2357c09f80417699197238 # v6.2.0",
  pulumi: "pulumi/actions@8e5e406f4007fca908480587cb9893c07090f58d # v7.0.0",
  cache: "actions/cache@8b402f58fbc84540c8b491a91e594a4576fec3d7 # v5.0.2",
} as const;

export interface WorkflowOptions {
  /** The settings file, where it is not previews.yaml. */
  readonly config?: string;
}

/** The workflow that runs `previews sync` whenever something has happened to a pull request, and now and then. */
export function renderWorkflow(answers: Answers, { config }: WorkflowOptions = {}): string {
  const withConfig = config === undefined ? "" : `\n          config: ${JSON.stringify(config)}`;
  return `# Written by \`previews init --workflow\`.
name: Previews

# Events say that something has happened; the schedule finds what was missed, and ends what has expired. Each of them runs
# this file of the default branch, with its secrets: nothing of a pull request is ever checked out or run here.
on:
  pull_request_target:
    types: [opened, reopened, synchronize, edited, closed, labeled, unlabeled, ready_for_review, converted_to_draft]
  issue_comment:
    types: [created]
  workflow_run:
    workflows: [${IMAGE_WORKFLOW}]
    types: [completed]
  schedule:
    - cron: "*/15 * * * *"
  workflow_dispatch:

permissions: {}

jobs:
  sync:
    # Of comments only those that may be a command, of image builds only those that have pushed one.
    if: >-
      (github.event_name != 'issue_comment' ||
      (github.event.issue.pull_request && contains(github.event.comment.body, '/preview'))) &&
      (github.event_name != 'workflow_run' || github.event.workflow_run.conclusion == 'success')
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    # Holds the secrets, for the default branch alone.
    environment: previews
    # One at a time, and none is cut off: a Pulumi that is ended halfway leaves its stack locked. Of those that wait GitHub
    # keeps the last, and that is enough: each sync looks at all pull requests. It stands here and not above so that a run
    # that is skipped takes nobody's place.
    concurrency:
      group: previews
      cancel-in-progress: false
    permissions:
      contents: read
      deployments: write
      issues: read
      packages: read
      pull-requests: write
      statuses: write
    steps:
      - uses: ${pinned.checkout}
        with:
          # For the settings. Never a pull request's head, whatever has started this.
          ref: \${{ github.event.repository.default_branch }}
          persist-credentials: false
      - uses: ${pinned.node}
        with:
          node-version: 24
          package-manager-cache: false
      # Without a command it only installs Pulumi.
      - uses: ${pinned.pulumi}
      # What the driver remembers saves requests; nothing is decided by it.
      - uses: ${pinned.cache}
        with:
          path: \${{ runner.temp }}/previews
          key: previews-\${{ github.run_id }}-\${{ github.run_attempt }}
          restore-keys: previews-
      - name: Kubeconfig
        env:
          CONTENTS: \${{ secrets.KUBECONFIG }}
        run: |
          umask 077
          printf '%s\\n' "$CONTENTS" > "$RUNNER_TEMP/kubeconfig"
      - uses: ${ACTION}
        with:
          kubeconfig: \${{ runner.temp }}/kubeconfig${withConfig}
        env:
          PREVIEW_CACHE: \${{ runner.temp }}/previews
          ${stateSecret(answers)}: \${{ secrets.${stateSecret(answers)} }}
`;
}

/** Pulumi Cloud encrypts for its users; every other backend needs a passphrase. An empty one would be taken for one. */
function stateSecret(answers: Answers): string {
  const backend = answers.get("pulumi.backendUrl")?.text ?? "https://";
  return isDiyBackend(backend) ? "PULUMI_CONFIG_PASSPHRASE" : "PULUMI_ACCESS_TOKEN";
}
