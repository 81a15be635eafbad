import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import type { Outcome } from "../../automation/model.ts";
import { findPlugins } from "../../sandbox/instance-plugins.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { choosePlugin } from "../../sandbox/plugin-path.ts";
import { startDriverWorld, type DriverWorld } from "../support/driver-world.ts";
import { sandboxObstacle } from "../support/machine.ts";

/** Official engines come with what runs policy packs, and cannot be had without. */
const official = (await findPlugins()).some(
  (plugin) => plugin.plugin === "analyzer-policy" && choosePlugin(plugin, {}).use !== "nothing",
);
const policy = join(projectRoot, "policy");
const rule = "preview-has-no-host-namespaces";

interface SyncJson {
  readonly outcomes: readonly Outcome[];
  readonly notes: readonly string[];
}

describe.skipIf(sandboxObstacle() !== undefined)("previews sync with a policy pack", { timeout: 300_000 }, () => {
  let world: DriverWorld;
  beforeAll(async () => {
    world = await startDriverWorld();
    await world.open("one");
  });
  afterAll(() => world.stop());

  /** Two apps of one repository; what the second one's chart is told breaks a rule. */
  async function sync(settings: object, env: Readonly<Record<string, string>> = {}) {
    const apps = [{ name: "good" }, { name: "bad", values: { hostNetwork: true } }];
    await writeFile(join(world.folder, "work/previews.yaml"), stringify({ apps, policy, ...settings }));
    await world.footprint();
    const { stdout, stderr, exitCode } = await world.previews(["sync", "--json"], env);
    const { pulumi } = await world.footprint();
    const json = (stdout === "" ? { outcomes: [], notes: [] } : JSON.parse(stdout)) as SyncJson;
    const of = (app: string) => json.outcomes.find((outcome) => outcome.app === app);
    const told = (app: string) => of(app)?.violations?.map((one) => `${one.rule} ${one.enforcementLevel}`);
    return { exitCode, stderr, of, told, notes: json.notes, updates: pulumi.filter((command) => /^up /.test(command)) };
  }
  const stacks = async () =>
    (JSON.parse(await world.pulumi(["stack", "ls", "--json", "--project", "previews"])) as { name: string }[])
      .map(({ name }) => name.split("/").at(-1))
      .sort();

  test.for([
    ["a pack that is not there", { policy: "./rules" }, 'policy: "./rules" is no policy pack: "'],
    [
      "a rule that is not there",
      { policyConfig: { hostNetwork: "advisory" } },
      "policyConfig: hostNetwork: is not a rule",
    ],
  ] as const)("%s is one problem of the configuration", async ([, settings, problem]) => {
    const { exitCode, stderr } = await sync(settings);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("previews: 1 problem; nothing was changed.");
    expect(stderr).toContain(problem);
    expect(await stacks()).toEqual([]);
  });

  test("a mandatory rule stops its preview before anything of it is made, and no other", async () => {
    const { exitCode, stderr, of, notes, updates } = await sync({});
    expect(exitCode, stderr).toBe(1);
    expect(of("good"), stderr).toMatchObject({ action: "create", ok: true });
    expect(of("bad")).toMatchObject({
      action: "create",
      ok: false,
      error: expect.stringContaining("the policy pack forbids it; nothing was changed.\n") as string,
      violations: [
        {
          rule,
          enforcementLevel: "mandatory",
          severity: "critical",
          resource: 'HelmRelease "app-preview/pr-41-bad"',
          problem: "spec.values.hostNetwork is true",
          remediation: expect.stringContaining("Take hostNetwork, hostPID and hostIPC out") as string,
          page: `policy/README.md#${rule}`,
        },
      ],
    });
    expect(of("good")).not.toHaveProperty("violations");
    expect(notes).toEqual([]);
    expect(await stacks()).toEqual(["pr-41-good"]);
    expect(await world.flux.hasNamespace("pr-41-bad")).toBe(false);
    // The engine runs the pack, too, within the one update there is.
    expect(updates).toHaveLength(1);
    expect(updates[0]).toContain("--policy-pack");
  });

  test("an advisory rule is a note", async () => {
    const { exitCode, stderr, of, told } = await sync({ policyConfig: { [rule]: "advisory" } });
    expect(exitCode, stderr).toBe(0);
    expect(of("good")).toMatchObject({ action: "keep", ok: true });
    expect(of("bad")).toMatchObject({ action: "create", ok: true });
    expect(told("bad")).toEqual([`${rule} advisory`]);
    expect(await stacks()).toEqual(["pr-41-bad", "pr-41-good"]);
  });

  test("a preview that runs is left as it is by a change that breaks a rule", async () => {
    const before = await world.flux.releaseVersion("pr-41-bad");
    const { exitCode, of } = await sync({ values: { hostPID: true } });
    expect(exitCode).toBe(1);
    expect([of("good")?.ok, of("bad")?.ok]).toEqual([false, false]);
    expect(await world.flux.releaseVersion("pr-41-bad")).toBe(before);
  });

  test.skipIf(official)(
    "an engine that cannot run packs is named once, and the rules are run all the same",
    async () => {
      const plugins = join(world.folder, "plugins-without");
      await mkdir(plugins);
      for (const name of await readdir(join(world.folder, "plugins"))) {
        if (name !== "pulumi-analyzer-policy") await symlink(join(world.folder, "plugins", name), join(plugins, name));
      }
      const PATH = [...(world.env["PATH"] ?? "").split(delimiter).slice(0, -1), plugins].join(delimiter);

      await world.push("one");
      const advisory = await sync({ policyConfig: { [rule]: "advisory" }, concurrency: 1 }, { PATH });
      expect(advisory.exitCode, advisory.stderr).toBe(0);
      expect(advisory.told("bad")).toEqual([`${rule} advisory`]);
      expect(advisory.notes).toEqual([
        `Pulumi's engine here cannot run policy packs (could not start policy pack "${policy}" because the built-in ` +
          "analyzer plugin that runs policy plugins is missing); the rules were run over what each program registers, " +
          "before its update",
      ]);
      // The second preview's engine is not asked again.
      expect(advisory.updates.map((update) => update.includes("--policy-pack"))).toEqual([true, false, false]);

      await world.push("one");
      const mandatory = await sync({}, { PATH });
      expect(mandatory.exitCode).toBe(1);
      expect(mandatory.told("bad")).toEqual([`${rule} mandatory`]);
      expect(mandatory.of("good")).toMatchObject({ ok: true });
    },
  );
});
