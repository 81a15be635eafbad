import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../../sandbox/paths.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { sandboxObstacle } from "../../support/machine.ts";
import { testTools } from "../../support/test-tools.ts";
import { clusterObjects, type AnyObject, type ClusterObjects } from "./cluster-objects.ts";
import { findResource, testPulumi, type TestPulumi } from "./test-stack.ts";

const widgetType = "kubernetes:test.example/v1:Widget";
const widget = (name: string) => ({
  apiVersion: "test.example/v1",
  kind: "Widget",
  metadata: { name, namespace: "default" },
});

/** A kind whose controller is the test: it is ready when the test says so. */
const widgets = {
  metadata: { name: "widgets.test.example" },
  spec: {
    group: "test.example",
    names: { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", x_kubernetes_preserve_unknown_fields: true } },
      },
    ],
  },
};

const ready = (status: string, observedGeneration = 1) => ({
  conditions: [{ type: "Ready", status, observedGeneration, reason: "Test", message: `the test says ${status}` }],
});
const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

describe.skipIf(sandboxObstacle() !== undefined)("waiting of the Kubernetes provider", () => {
  let server: ApiServer;
  let pulumi: TestPulumi;
  let cluster: ClusterObjects;

  const program = (make: (options: CustomResourceOptions) => void): PulumiFn =>
    (() => {
      const provider = new k8s.Provider("cluster", { kubeconfig: server.kubeconfig });
      make({ provider });
      return Promise.resolve();
    }) as PulumiFn;
  const oneWidget = (name: string, annotations: Record<string, string>, spec: Record<string, unknown> = {}) =>
    program((options) => {
      const { apiVersion, kind, metadata } = widget(name);
      new k8s.apiextensions.CustomResource(
        "one",
        { apiVersion, kind, metadata: { ...metadata, annotations }, spec },
        options,
      );
    });
  const untilThere = async (name: string) => {
    while ((await cluster.read(widget(name))) === undefined) await pause(100);
  };

  beforeAll(async () => {
    const tools = await testTools();
    server = await startApiServer(tools);
    pulumi = await testPulumi(tools);
    cluster = clusterObjects(server.kubeconfig);
  });
  afterAll(async () => {
    await pulumi.remove();
    await server.stop();
  });

  it("creates a kind and its first object in one update", async () => {
    const stack = await pulumi.stack("kinds");
    const both = program((options) => {
      const definition = new k8s.apiextensions.v1.CustomResourceDefinition("widgets", widgets, options);
      new k8s.apiextensions.CustomResource("one", widget("first"), { ...options, dependsOn: definition });
    });
    expect((await stack.preview(both)).changeSummary).toEqual({ create: 4 });
    expect((await stack.up(both)).summary.resourceChanges).toEqual({ create: 4 });
    expect((await stack.up(both)).summary.resourceChanges).toEqual({ same: 4 });
  });

  it("waits for the condition, of the present generation", async () => {
    const stack = await pulumi.stack("condition");
    const annotations = {
      "pulumi.com/waitFor": '["condition=Ready", "jsonpath={.status.conditions[?(@.type==\\"Ready\\")].reason}=Test"]',
    };
    const becomesReady = async () => {
      await untilThere("waited");
      await cluster.setStatus(widget("waited"), ready("False"));
      await pause(1000);
      await cluster.setStatus(widget("waited"), ready("True"));
      return Date.now();
    };
    const readyAt = becomesReady();
    await stack.up(oneWidget("waited", annotations));
    expect(Date.now()).toBeGreaterThanOrEqual(await readyAt);

    // The old generation's Ready is still there when the update begins, and must not count.
    const observesLater = pause(4000).then(() => cluster.setStatus(widget("waited"), ready("True", 2)));
    await stack.up(oneWidget("waited", annotations, { size: 2 }));
    await observesLater;
    const { outputs } = findResource(await stack.resources(), widgetType, "one") ?? {};
    expect(outputs?.["status"]).toEqual(ready("True", 2));
    await stack.automation.destroy();
  });

  it("keeps what did not become ready, and tries again", async () => {
    const stack = await pulumi.stack("failing");
    const annotations = { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "2" };
    const saysNo = untilThere("failing").then(() => cluster.setStatus(widget("failing"), ready("False")));
    const lastSeen = { official: "Ready=False", "stand-in": "the test says False" }[pulumi.kubernetesProvider];
    await expect(stack.up(oneWidget("failing", annotations))).rejects.toThrow(lastSeen);
    await saysNo;
    const failed = findResource(await stack.resources(), widgetType, "one");
    expect(failed?.id).toBe("default/failing");
    expect(failed?.initErrors?.join()).toMatch(/timed out waiting for the condition/);

    await cluster.setStatus(widget("failing"), ready("True"));
    expect((await stack.up(oneWidget("failing", annotations))).summary.resourceChanges).toMatchObject({ update: 1 });
    expect(findResource(await stack.resources(), widgetType, "one")?.initErrors ?? []).toEqual([]);
    expect((await stack.up(oneWidget("failing", annotations))).summary.resourceChanges).toEqual({ same: 3 });
    await stack.automation.destroy();
  });

  it("does not wait where it is told not to", async () => {
    const stack = await pulumi.stack("skipping");
    const annotations = { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/skipAwait": "true" };
    await stack.up(oneWidget("skipped", annotations));
    await stack.automation.destroy();
  });

  it("refuses a wait it does not understand, which the official one passes over", async () => {
    const stack = await pulumi.stack("misspelt");
    const preview = stack.preview(oneWidget("misspelt", { "pulumi.com/waitFor": "Ready" }));
    if (pulumi.kubernetesProvider === "official") expect((await preview).changeSummary).toEqual({ create: 3 });
    else await expect(preview).rejects.toThrow("must begin with condition= or jsonpath=");
  });

  it("waits with a deletion until the finalizers are done", async () => {
    const stack = await pulumi.stack("finalizers");
    const held = (timeout: string) =>
      program((options) => {
        const metadata = { name: "held", namespace: "default", finalizers: ["test.example/held"] };
        const deletion = { ...options, customTimeouts: { delete: timeout } };
        new k8s.core.v1.ConfigMap("one", { metadata }, deletion);
      });
    const map: AnyObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "held", namespace: "default" } };
    await stack.up(held("2s"));
    await expect(stack.automation.destroy()).rejects.toThrow(
      /finalizers might be preventing deletion \(test.example\/held/,
    );
    expect(findResource(await stack.resources(), "kubernetes:core/v1:ConfigMap", "one")).toBeDefined();

    const released = pause(2000).then(async () => {
      await cluster.merge({ ...map, metadata: { ...map.metadata, finalizers: null } });
      return Date.now();
    });
    await stack.automation.destroy().catch(() => stack.automation.destroy());
    expect(Date.now()).toBeGreaterThanOrEqual(await released);
    expect(await cluster.read(map)).toBeUndefined();
  });

  it("stops waiting when it is interrupted, and keeps what it made", async () => {
    const folder = join(pulumi.backend, "interrupted");
    await mkdir(folder);
    await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "Pulumi.yaml"), "name: interrupted\nruntime: nodejs\nmain: index.js\n");
    await writeFile(
      join(folder, "index.js"),
      `const k8s = require("@pulumi/kubernetes");
       const provider = new k8s.Provider("cluster", { kubeconfig: process.env.TEST_KUBECONFIG });
       const metadata = { name: "interrupted", annotations: { "pulumi.com/waitFor": "condition=Ready" } };
       new k8s.apiextensions.CustomResource("one", { apiVersion: "test.example/v1", kind: "Widget", metadata }, { provider });`,
    );
    const env = { ...process.env, ...pulumi.env, TEST_KUBECONFIG: server.kubeconfig };
    const run = (args: readonly string[]) => {
      const child = spawn("pulumi", args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      return { child, ended: once(child, "exit").then(([code]) => ({ code: code as number | null, output })) };
    };
    expect((await run(["stack", "init", "one"]).ended).code).toBe(0);
    const up = run(["up", "--yes", "--skip-preview", "--stack", "one"]);
    await untilThere("interrupted");
    await pause(500);
    up.child.kill("SIGINT");
    const asked = Date.now();
    const { code, output } = await up.ended;
    expect(code).not.toBe(0);
    expect(Date.now() - asked).toBeLessThan(10_000);
    const cancelled = { official: "context canceled", "stand-in": "was cancelled while it was waited for" };
    expect(output).toContain(cancelled[pulumi.kubernetesProvider]);

    const exported = await run(["stack", "export", "--stack", "one"]).ended;
    const { deployment } = JSON.parse(exported.output) as {
      deployment: { resources: { type: string }[]; pending_operations?: unknown[] };
    };
    expect(deployment.resources.map(({ type }) => type)).toContain(widgetType);
    expect(deployment.pending_operations ?? []).toEqual([]);
    expect((await run(["destroy", "--yes", "--skip-preview", "--stack", "one"]).ended).code).toBe(0);
    expect(await cluster.read(widget("interrupted"))).toBeUndefined();
  });
});
