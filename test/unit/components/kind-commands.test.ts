import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  kindCommands,
  kindConfig,
  LOAD_BALANCER_IMAGE,
  loadBalancerCommands,
} from "../../../components/kind-cluster.ts";
import { recordingKind, type RecordingKind } from "../../support/recording-kind.ts";

/** The strings that the component registers, run as the command provider runs them. */
describe("the commands of a kind cluster", () => {
  let kind: RecordingKind;
  const config = kindConfig({ name: "one", workers: 1, portMappings: [{ containerPort: 30080, hostPort: 8080 }] });

  beforeEach(async () => {
    kind = await recordingKind();
  });
  afterEach(() => kind.remove());

  function run(command: string, environment: Record<string, string> = {}) {
    return execa("/bin/sh", ["-c", command], {
      env: { PATH: kind.path, KIND_NAME: "one", KIND_CONFIG: config, LB_IMAGE: LOAD_BALANCER_IMAGE, ...environment },
      extendEnv: false,
      reject: false,
    });
  }

  test("create it, with nothing but its kubeconfig on standard output", async () => {
    const { exitCode, stdout } = await run(kindCommands.create, { KIND_NODE_IMAGE: "kindest/node:v1.34.3" });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^apiVersion: v1\n[^]*current-context: kind-one$/);
    expect(await kind.calls()).toEqual([
      "docker info",
      "kind get clusters",
      "kind create cluster --name one --config - --wait 120s --image kindest/node:v1.34.3",
      `<${config}`,
      "kind get kubeconfig --name one",
    ]);
    expect(JSON.parse(config)).toEqual({
      kind: "Cluster",
      apiVersion: "kind.x-k8s.io/v1alpha4",
      nodes: [
        {
          role: "control-plane",
          extraPortMappings: [{ listenAddress: "127.0.0.1", protocol: "TCP", containerPort: 30080, hostPort: 8080 }],
        },
        { role: "worker" },
      ],
    });
  });

  test("adopt one of that name, and not one of a longer name", async () => {
    await run(kindCommands.create, { KIND_NAME: "one-more" });
    await run(kindCommands.create);
    await kind.forget();
    const { exitCode, stdout, stderr } = await run(kindCommands.create);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("current-context: kind-one");
    expect(stderr).toBe('kind cluster "one" is there already, and is used as it is');
    expect(await kind.calls()).toEqual(["docker info", "kind get clusters", "kind get kubeconfig --name one"]);
  });

  test("delete it, also when it is gone", async () => {
    await run(kindCommands.create);
    for (const time of ["first", "second"]) {
      expect((await run(kindCommands.delete)).exitCode, time).toBe(0);
    }
    expect((await run("kind get clusters")).stdout).toBe("");
  });

  test.for([
    [kindCommands.create, "kind", "kind is not installed here: see https://kind.sigs.k8s.io"],
    [kindCommands.delete, "kind", "kind is not installed here: see https://kind.sigs.k8s.io"],
    [kindCommands.create, "docker", "Docker is not installed here: kind needs it"],
    [loadBalancerCommands.create, "docker", "Docker is not installed here: kind needs it"],
  ] as const)("say what is missing: %#", async ([command, program, message]) => {
    await kind.missing(program);
    const { exitCode, stderr } = await run(command);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(await kind.calls()).not.toContain("kind create cluster");
  });

  test.for([
    ["docker info", "Docker does not answer: kind needs it, is it running and may you use it?"],
    ["kind get clusters", "kind: it is told to fail"],
    ["kind create", "kind: it is told to fail"],
    ["kind get kubeconfig", "kind: it is told to fail"],
  ] as const)('fail with "%s", and print no kubeconfig', async ([call, message]) => {
    await kind.fail(call);
    const { exitCode, stdout, stderr } = await run(kindCommands.create);
    expect(exitCode).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
  });

  test("start one load balancer for all clusters of the machine", async () => {
    for (const time of ["first", "second"]) expect((await run(loadBalancerCommands.create)).exitCode, time).toBe(0);
    expect((await kind.calls()).filter((call) => call.startsWith("docker run"))).toEqual([
      "docker run --detach --restart unless-stopped --name cloud-provider-kind --network host " +
        `--volume /var/run/docker.sock:/var/run/docker.sock ${LOAD_BALANCER_IMAGE} ` +
        "--gateway-channel disabled --enable-default-ingress=false",
    ]);
  });

  test("end it with the last cluster", async () => {
    await run(kindCommands.create);
    await run(kindCommands.create, { KIND_NAME: "two" });
    await run(loadBalancerCommands.create);
    expect((await run(loadBalancerCommands.delete)).exitCode).toBe(0);
    expect((await run("docker inspect x")).stdout).toBe("true");
    await run(kindCommands.delete, { KIND_NAME: "two" });
    expect((await run(loadBalancerCommands.delete)).exitCode).toBe(0);
    expect((await run("docker inspect x")).exitCode).toBe(1);
  });
});
