import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { secret } from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { sandboxObstacle } from "../../support/machine.ts";
import { testTools } from "../../support/test-tools.ts";
import { clusterObjects, type ClusterObjects } from "./cluster-objects.ts";
import { findResource, testPulumi, type TestPulumi } from "./test-stack.ts";

const releaseType = "kubernetes:helm.sh/v3:Release";
const chartFiles = {
  "Chart.yaml": "apiVersion: v2\nname: sample\nversion: 1.2.3\nappVersion: 9.8.7\n",
  "values.yaml": "colour: red\nreplicas: 0\npassword: none\n",
  "templates/objects.yaml": `
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data: { colour: {{ quote .Values.colour }}, password: {{ quote .Values.password }} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec: { containers: [{ name: app, image: "sample:1" }] }
`,
};

describe.skipIf(sandboxObstacle() !== undefined)("Helm releases of the Kubernetes provider", () => {
  let server: ApiServer;
  let pulumi: TestPulumi;
  let cluster: ClusterObjects;
  let chart: string;

  beforeAll(async () => {
    const tools = await testTools();
    server = await startApiServer(tools);
    pulumi = await testPulumi(tools);
    cluster = clusterObjects(server.kubeconfig);
    chart = join(pulumi.backend, "chart");
    await mkdir(join(chart, "templates"), { recursive: true });
    for (const [file, contents] of Object.entries(chartFiles)) await writeFile(join(chart, file), contents);
  });
  afterAll(async () => {
    await pulumi.remove();
    await server.stop();
  });

  const release = (args: Partial<k8s.helm.v3.ReleaseArgs>): PulumiFn =>
    (() => {
      const provider = new k8s.Provider("cluster", { kubeconfig: server.kubeconfig });
      const made = new k8s.helm.v3.Release(
        "sample",
        { chart, createNamespace: true, timeout: 5, ...args },
        { provider },
      );
      return Promise.resolve({ status: made.status, names: made.resourceNames });
    }) as PulumiFn;
  const colourOf = async (name: string, namespace: string) =>
    (await cluster.read({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } }))?.data?.["colour"];

  it("installs, leaves alone, upgrades and uninstalls", async () => {
    const stack = await pulumi.stack("release");
    const coloured = (colour: string) =>
      release({ name: "one", namespace: "releases", values: { colour, password: secret("plain-hunter4") } });

    const first = await stack.up(coloured("green"));
    expect(first.outputs["status"]?.value).toMatchObject({
      name: "one",
      namespace: "releases",
      chart: "sample",
      version: "1.2.3",
      appVersion: "9.8.7",
      revision: 1,
      status: "deployed",
    });
    expect(first.outputs["names"]?.value).toEqual({ "ConfigMap/v1": ["one"], "Deployment.apps/apps/v1": ["one"] });
    expect(findResource(await stack.resources(), releaseType, "sample")?.id).toBe("releases/one");
    expect(await stack.checkpoint()).not.toContain("plain-hunter");
    expect((await stack.up(coloured("green"))).summary.resourceChanges).toEqual({ same: 3 });
    expect((await stack.automation.refresh()).summary.resourceChanges).toEqual({ same: 3 });

    expect((await stack.up(coloured("blue"))).outputs["status"]?.value).toMatchObject({ revision: 2 });
    expect(await colourOf("one", "releases")).toBe("blue");
    await stack.automation.destroy();
    expect(await colourOf("one", "releases")).toBeUndefined();
  });

  it("takes no note of a chart that changed under the same version", async () => {
    const stack = await pulumi.stack("chart");
    const charts = () => stack.up(release({ namespace: "charts" }));
    await charts();
    await writeFile(join(chart, "values.yaml"), chartFiles["values.yaml"].replace("red", "yellow"));
    expect((await charts()).summary.resourceChanges).toEqual({ same: 3 });
    await stack.automation.destroy();
    await writeFile(join(chart, "values.yaml"), chartFiles["values.yaml"]);
  });

  it("keeps a release that failed, and upgrades it when it is mended", async () => {
    const stack = await pulumi.stack("failed");
    const scaled = (replicas: number) => release({ name: "failed", namespace: "failed", values: { replicas } });
    // No pod ever runs on this API server.
    await expect(stack.up(scaled(1))).rejects.toThrow(/failed to initialize completely/);
    const kept = findResource(await stack.resources(), releaseType, "sample");
    expect(kept?.outputs?.["status"]).toMatchObject({ status: "failed" });
    expect((await stack.up(scaled(0))).outputs["status"]?.value).toMatchObject({ status: "deployed", revision: 2 });
    await stack.automation.destroy();
  });

  it("names a chart that is not there", async () => {
    const stack = await pulumi.stack("missing");
    await expect(stack.preview(release({ chart: "./nowhere" }))).rejects.toThrow(/path "\.\/nowhere" not found/);
  });
});
