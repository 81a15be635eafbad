import { cruise, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const rooms = ["components", "stacks", "automation", "policy", "sandbox", "test", "bin"];

/** Node's own modules, and packages, that reach out of the process. */
const reachesOut =
  "^(node:)?(fs|child_process|net|tls|dns|http|https|http2|dgram|worker_threads|cluster|readline|repl)(/|$)" +
  "|node_modules/(@octokit|@kubernetes|@pulumi|execa|listr2)/";

const pure = "^automation/((model|admission|plan)\\.ts$|report/)";

const forbidden: IForbiddenRuleType[] = [
  { name: "no cycles", from: {}, to: { circular: true } },
  {
    name: "components import @pulumi and their own files",
    from: { path: "^components/" },
    to: { pathNot: ["^components/", "node_modules/@pulumi/", "^(node:)?crypto$"] },
  },
  {
    name: "manifests are pure: own files and hashes",
    from: { path: "^components/manifests/" },
    to: { pathNot: ["^components/manifests/", "^(node:)?crypto$"] },
  },
  {
    name: "stacks import components",
    from: { path: "^stacks/" },
    to: { pathNot: ["^components/", "^stacks/", "node_modules/@pulumi/"] },
  },
  {
    name: "the driver imports manifests and the preview's program, nothing else of ours",
    from: { path: "^automation/" },
    to: { path: "^(components|stacks|policy)/", pathNot: ["^components/manifests/", "^stacks/preview/"] },
  },
  { name: "what decides or renders does no I/O", from: { path: pure }, to: { path: reachesOut } },
  {
    name: "what decides or renders reaches no I/O through others",
    from: { path: pure },
    to: { path: reachesOut, reachable: true },
  },
  {
    name: "the policy pack imports @pulumi and its own files",
    from: { path: "^policy/" },
    to: { pathNot: ["^policy/", "node_modules/@pulumi/"] },
  },
  {
    name: "rules are pure: Pulumi is the business of the pack's entry and its analyzer",
    from: { path: "^policy/", pathNot: "^policy/(index\\.ts$|analyzer/)" },
    to: { pathNot: "^policy/(?!index|analyzer)" },
  },
  { name: "the product does not know the sandbox", from: { pathNot: "^(sandbox|test)/" }, to: { path: "^sandbox/" } },
  { name: "nothing that runs imports a test", from: { pathNot: "^test/" }, to: { path: "^test/" } },
];

test("every file imports only what its room may", async () => {
  const { output } = await cruise(
    rooms,
    {
      baseDir: root,
      ruleSet: { forbidden },
      validate: true,
      doNotFollow: { path: "node_modules" },
      exclude: { path: "^sandbox/tools/" },
      tsPreCompilationDeps: true,
      tsConfig: { fileName: join(root, "tsconfig.json") },
    },
    { extensions: [".ts", ".js"], exportsFields: ["exports"], conditionNames: ["import", "require", "node", "types"] },
  );
  const { summary } = output as ICruiseResult;
  expect(summary.totalCruised).toBeGreaterThan(20);
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
});
