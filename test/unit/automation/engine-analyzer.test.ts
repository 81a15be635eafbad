import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  analyzedUpdate,
  analyzerObstacle,
  type AnalyzedUpdate,
} from "../../../automation/engines/automation/engine-analyzer.ts";
import { eventWatcher } from "../../../automation/engines/automation/engine-events.ts";

const missing =
  'error: could not start policy pack "/policy" because the built-in analyzer plugin that runs policy plugins is missing. ' +
  "This might occur when the plugin directory is not on your $PATH";

test.for([
  [
    missing,
    'could not start policy pack "/policy" because the built-in analyzer plugin that runs policy plugins is missing',
  ],
  [
    "rpc error: code = Unimplemented desc = unknown method RunPlugin for service pulumirpc.LanguageRuntime",
    "code = Unimplemented desc = unknown method RunPlugin for service pulumirpc.LanguageRuntime",
  ],
  ['error: policy pack "/policy" failed to start: exit status 1', undefined],
  ["rpc error: code = Unimplemented desc = unknown method Construct", undefined],
  ["error: update failed", undefined],
] as const)("%s", ([message, obstacle]) => {
  expect(analyzerObstacle(message)).toBe(obstacle);
});

describe("an update that the engine is to check", () => {
  let workDir: string;
  beforeEach(async () => {
    workDir = await mkdtemp(join(tmpdir(), "analyzer-"));
  });
  afterEach(() => rm(workDir, { recursive: true }));

  /** A stack whose updates end as given, one after the other, and the options they had. */
  async function updates(ends: readonly (string | undefined)[], { pure } = { pure: true }) {
    const left = [...ends];
    const packs: unknown[] = [];
    const reasons: string[] = [];
    const up = ({ policyPacks }: { readonly policyPacks?: unknown }) => {
      packs.push(policyPacks);
      const end = left.shift();
      return end === undefined ? Promise.resolve() : Promise.reject(new Error(end));
    };
    const update: AnalyzedUpdate = {
      stack: { up } as unknown as Stack,
      options: {},
      pack: { folder: "/policy", config: { all: "advisory" }, rules: pure ? "/policy/check-program.ts" : undefined },
      workDir,
      watcher: eventWatcher({ progress: () => undefined, violation: () => undefined }),
      withoutAnalyzer: (reason) => reasons.push(reason),
    };
    return { run: await analyzedUpdate(update), packs, reasons };
  }

  test("gets the pack and its configuration", async () => {
    const { run, packs, reasons } = await updates([undefined]);
    await run();
    expect({ packs, reasons }).toEqual({ packs: [["/policy"]], reasons: [] });
    expect(JSON.parse(await readFile(join(workDir, "policy-config.json"), "utf8"))).toEqual({ all: "advisory" });
  });

  test("goes on without where the engine cannot, then and later, and says so once", async () => {
    const { run, packs, reasons } = await updates([missing, undefined, undefined]);
    await run();
    await run();
    expect(packs).toEqual([["/policy"], undefined, undefined]);
    expect(reasons).toHaveLength(1);
  });

  test("fails where the engine cannot and the rules have not been run either", async () => {
    const { run, packs, reasons } = await updates([missing], { pure: false });
    await expect(run()).rejects.toThrow("could not start policy pack");
    expect({ packs, reasons }).toEqual({ packs: [["/policy"]], reasons: [] });
  });

  test("fails for any other reason as it does without a pack", async () => {
    const { run, packs, reasons } = await updates(["update failed"]);
    await expect(run()).rejects.toThrow("update failed");
    expect({ packs, reasons }).toEqual({ packs: [["/policy"]], reasons: [] });
  });
});
