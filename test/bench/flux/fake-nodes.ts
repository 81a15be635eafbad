import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Line } from "../../../sandbox/line.ts";
import { ensureToolOnDemand } from "../../../sandbox/tools/ensure-tools.ts";
import { endProcess } from "../../support/end-process.ts";
import type { FluxBenchOptions, FluxWorld } from "./flux-world.ts";

export interface FakeNodesOptions extends FluxBenchOptions, Pick<FluxWorld, "kubectl" | "folder"> {
  readonly line: Line;
  /** How many pods they are to take. */
  readonly pods: number;
}

const PODS_OF_A_NODE = 100;
/** What becomes of nodes and pods: kwok has no default for it. */
const STAGES = [
  "node/fast/node-initialize.yaml",
  "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
  "pod/fast/pod-ready.yaml",
  "pod/fast/pod-complete.yaml",
  "pod/fast/pod-delete.yaml",
];
const FAKE = "kwok.x-k8s.io/node";

/** Nodes on which pods are Ready as soon as they are scheduled, and nothing runs. What is scheduled from now on goes there. */
export async function startFakeNodes({ kubectl, line, folder, pods, signal, tell }: FakeNodesOptions) {
  tell("fake nodes");
  const program = await ensureToolOnDemand("kwok", {
    progress: { start: () => undefined, done: () => undefined },
    signal,
  });
  const log = openSync(join(folder, "kwok.log"), "a");
  const child = spawn(
    program,
    [
      `--kubeconfig=${line.env["KUBECONFIG"] ?? ""}`,
      ...STAGES.map((stage) => `--config=${join(dirname(program), "../stage", stage)}`),
      "--manage-all-nodes=false",
      `--manage-nodes-with-annotation-selector=${FAKE}=fake`,
      "--node-lease-duration-seconds=40",
      "--cidr=10.251.0.1/16",
    ],
    { stdio: ["ignore", log, log] },
  );
  closeSync(log);
  const stop = () => endProcess(child);
  try {
    await kubectl(["cordon", "--selector", "kubernetes.io/os=linux"]);
    // One to spare: a pod of the platform that starts again goes there, too.
    const count = Math.ceil(pods / PODS_OF_A_NODE) + 1;
    const items = Array.from({ length: count }, (_, index) => fakeNode(`fake-${index + 1}`));
    await kubectl(["create", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await kubectl(["wait", "nodes", "--selector", `${FAKE}=fake`, "--for=condition=Ready", "--timeout=60s"]);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

function fakeNode(name: string): unknown {
  const room = { cpu: "256", memory: "1Ti", pods: String(PODS_OF_A_NODE) };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, annotations: { [FAKE]: "fake" }, labels: { [FAKE]: "fake", "kubernetes.io/os": "linux" } },
    status: { allocatable: room, capacity: room, phase: "Running" },
  };
}
