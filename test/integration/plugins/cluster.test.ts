import { delimiter } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster, type ClusterArgs } from "../../../components/cluster.ts";
import { recordingKind, type RecordingKind } from "../../support/recording-kind.ts";
import { sandboxObstacle } from "../../support/machine.ts";
import { testTools } from "../../support/test-tools.ts";
import { testPulumi, type TestPulumi, type TestStack } from "./test-stack.ts";

/** A real engine runs the component's commands, with programs that write down how they are called. */
describe.skipIf(sandboxObstacle() !== undefined)("a kind cluster as a resource", () => {
  const path = process.env["PATH"] ?? "";
  let kind: RecordingKind;
  let pulumi: TestPulumi;
  let stack: TestStack;

  beforeAll(async () => {
    kind = await recordingKind();
    process.env["PATH"] = `${kind.bin}${delimiter}${path}`;
    pulumi = await testPulumi(await testTools());
    stack = await pulumi.stack("kind");
  });
  afterAll(async () => {
    await pulumi.remove();
    process.env["PATH"] = path;
    await kind.remove();
  });

  const program = (args: ClusterArgs) => () => {
    const { kubeconfig } = new Cluster("cluster", { name: "one", ...args });
    return Promise.resolve({ kubeconfig });
  };
  const calls = async () => (await kind.calls()).filter((call) => /^(kind (create|delete)|docker (run|rm))/.test(call));

  it("comes with up, its kubeconfig secret", async () => {
    const { outputs } = await stack.up(program({}));
    expect(outputs["kubeconfig"]?.value).toContain("current-context: kind-one");
    expect(outputs["kubeconfig"]?.secret).toBe(true);
    expect(await stack.checkpoint()).not.toContain("current-context");
    expect((await calls()).map((call) => call.split(" ").slice(0, 3).join(" "))).toEqual([
      "kind create cluster",
      "docker rm --force",
      "docker run --detach",
    ]);
  });

  it("stays as it is with the next up", async () => {
    await kind.forget();
    const { summary } = await stack.up(program({}));
    expect(summary.resourceChanges).toEqual({ same: 5 });
    expect(await kind.calls()).toEqual([]);
  });

  it("is made anew, the old one first, where its nodes change", async () => {
    await stack.up(program({ workers: 1 }));
    expect((await calls()).map((call) => call.split(" ").slice(0, 2).join(" "))).toEqual([
      "kind delete",
      "kind create",
    ]);
  });

  it("says what is wrong, and is kept", async () => {
    await kind.fail("docker info");
    await expect(stack.up(program({ workers: 2 }))).rejects.toThrow("Docker does not answer: kind needs it");
    await kind.fail("");
  });

  it("goes with destroy", async () => {
    await kind.forget();
    await stack.automation.destroy();
    expect(await calls()).toEqual(["docker rm --force cloud-provider-kind", "kind delete cluster --name one"]);
  });
});
