import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chooseCluster, type DemoCluster, type Machine } from "../../../sandbox/demo-cluster.ts";
import { findMachine } from "../../../sandbox/find-machine.ts";
import { recordingKind, type RecordingKind } from "../../support/recording-kind.ts";

const complete: Machine = { kind: true, docker: "running" };
const stopped: Machine = { kind: true, docker: "not running" };
const bare: Machine = { kind: false, docker: "missing" };

describe("where the demo runs", () => {
  test.for([
    [undefined, complete, "kind", "cluster: kind, since kind and a running Docker are here"],
    [undefined, stopped, "sandbox", "cluster: sandbox, since Docker does not answer"],
    [undefined, bare, "sandbox", "cluster: sandbox, since kind is not on PATH and docker is not on PATH"],
    [undefined, { kind: false, docker: "running" }, "sandbox", "cluster: sandbox, since kind is not on PATH"],
    ["kind", complete, "kind", "cluster: kind, as asked for"],
    ["sandbox", complete, "sandbox", "cluster: sandbox, as asked for"],
    ["sandbox", bare, "sandbox", "cluster: sandbox, as asked for"],
    ["existing", bare, "existing", "cluster: existing, as asked for"],
  ] as const)("asked %s on %j: %s", ([asked, machine, cluster, reason]) => {
    const choice = chooseCluster(asked, machine);
    expect(choice).toMatchObject({ cluster });
    expect("reason" in choice && choice.reason).toMatch(new RegExp(`^${reason}`));
  });

  test.for([
    [stopped, "Docker does not answer"],
    [bare, "kind is not on PATH and docker is not on PATH"],
  ] as const)("kind cannot be forced on %j", ([machine, why]) => {
    const asked: DemoCluster = "kind";
    expect(chooseCluster(asked, machine)).toEqual({
      problem: `the demo cannot run on kind here: ${why}; --cluster sandbox needs neither`,
    });
  });
});

describe("what the machine has", () => {
  let kind: RecordingKind;

  beforeEach(async () => {
    kind = await recordingKind();
  });
  afterEach(() => kind.remove());

  test("is asked of the programs themselves", async () => {
    const look = () => findMachine({ PATH: kind.path });
    expect(await look()).toEqual({ kind: true, docker: "running" });
    await kind.fail("docker info");
    expect(await look()).toEqual({ kind: true, docker: "not running" });
    await kind.missing("docker");
    await kind.missing("kind");
    expect(await look()).toEqual({ kind: false, docker: "missing" });
  });
});
