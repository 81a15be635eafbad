import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { secret, type CustomResourceOptions } from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { sandboxObstacle } from "../../support/machine.ts";
import { testTools } from "../../support/test-tools.ts";
import { clusterObjects, type ClusterObjects } from "./cluster-objects.ts";
import { findResource, testPulumi, type TestPulumi } from "./test-stack.ts";

const configMapType = "kubernetes:core/v1:ConfigMap";
const configMap = (name: string) =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } }) as const;

describe.skipIf(sandboxObstacle() !== undefined)("objects of the Kubernetes provider", () => {
  let server: ApiServer;
  let pulumi: TestPulumi;
  let cluster: ClusterObjects;

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

  /** A program that is given the options which lead to the test's API server. */
  const withProvider = (make: (options: CustomResourceOptions) => Record<string, unknown> | undefined): PulumiFn => {
    const program = () => {
      const provider = new k8s.Provider("cluster", { kubeconfig: server.kubeconfig });
      return Promise.resolve(make({ provider }) ?? {});
    };
    return program as PulumiFn;
  };
  const oneConfigMap = (metadata: { name?: string; labels?: Record<string, string> }, data: Record<string, string>) =>
    withProvider((options) => {
      const made = new k8s.core.v1.ConfigMap("one", { metadata, data }, options);
      return { name: made.metadata.name, uid: made.metadata.uid };
    });

  it("creates, leaves alone what has not changed, and deletes", async () => {
    const stack = await pulumi.stack("create");
    const program = withProvider((options) => {
      const namespace = new k8s.core.v1.Namespace("ns", { metadata: { name: "created" } }, options);
      new k8s.core.v1.ResourceQuota(
        "quota",
        {
          metadata: { name: "quota", namespace: namespace.metadata.name },
          spec: { hard: { "requests.cpu": "1000m" } },
        },
        options,
      );
      const made = new k8s.core.v1.ConfigMap(
        "one",
        { metadata: { namespace: "created" } },
        { ...options, dependsOn: namespace },
      );
      return { name: made.metadata.name };
    });

    const first = await stack.up(program);
    expect(first.summary.resourceChanges).toEqual({ create: 5 });
    expect(first.outputs["name"]?.value).toMatch(/^one-[0-9a-f]{8}$/);
    expect((await stack.up(program)).summary.resourceChanges).toEqual({ same: 5 });
    expect((await stack.preview(program)).changeSummary).toEqual({ same: 5 });

    await stack.automation.destroy();
    expect(await cluster.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: "created" } })).toBeUndefined();
  });

  it("updates in place what may change", async () => {
    const stack = await pulumi.stack("update");
    const before = await stack.up(oneConfigMap({ name: "updated", labels: { round: "1" } }, { key: "value" }));
    const after = await stack.up(oneConfigMap({ name: "updated", labels: { round: "2" } }, { key: "value" }));
    expect(after.summary.resourceChanges).toMatchObject({ update: 1 });
    expect(after.outputs["uid"]?.value).toBe(before.outputs["uid"]?.value);
    expect((await cluster.read(configMap("updated")))?.metadata.labels).toEqual({ round: "2" });
    await stack.automation.destroy();
  });

  it("replaces an object by another name before the old one goes, unless its name is given", async () => {
    const stack = await pulumi.stack("replace");
    const named = (data: string) => oneConfigMap({ name: "replaced" }, { key: data });
    const before = await stack.up(named("1"));
    const after = await stack.up(named("2"));
    expect(after.summary.resourceChanges).toMatchObject({ replace: 1 });
    expect(after.outputs["name"]?.value).toBe("replaced");
    expect(after.outputs["uid"]?.value).not.toBe(before.outputs["uid"]?.value);
    const renamed = await stack.up(oneConfigMap({ name: "renamed" }, { key: "2" }));
    expect(renamed.summary.resourceChanges).toMatchObject({ replace: 1 });
    expect(await cluster.read(configMap("replaced"))).toBeUndefined();

    const autonamed = await stack.up(oneConfigMap({}, { key: "2" }));
    const rolled = await stack.up(oneConfigMap({}, { key: "3" }));
    expect(rolled.summary.resourceChanges).toMatchObject({ replace: 1 });
    expect(rolled.outputs["name"]?.value).not.toBe(autonamed.outputs["name"]?.value);
    await stack.automation.destroy();
  });

  it("refuses to create what somebody else made", async () => {
    await cluster.create({ ...configMap("taken"), data: { owner: "somebody" } });
    const stack = await pulumi.stack("taken");
    const refusal = { official: "apply conflict", "stand-in": "already exists" }[pulumi.kubernetesProvider];
    await expect(stack.up(oneConfigMap({ name: "taken" }, { owner: "pulumi" }))).rejects.toThrow(refusal);
    expect(findResource(await stack.resources(), configMapType, "one")).toBeUndefined();
    await stack.automation.destroy();
    expect((await cluster.read(configMap("taken")))?.data).toEqual({ owner: "somebody" });
  });

  it("takes over by import, and then owns it", async () => {
    await cluster.create({ ...configMap("imported"), data: { key: "value" } });
    const stack = await pulumi.stack("import");
    const imported = (label: string | undefined, options: CustomResourceOptions) =>
      withProvider((given) => {
        const labels = label === undefined ? {} : { labels: { label } };
        const metadata = { name: "imported", namespace: "default", ...labels };
        new k8s.core.v1.ConfigMap("one", { metadata, data: { key: "value" } }, { ...given, ...options });
        return {};
      });
    const first = await stack.up(imported(undefined, { import: "default/imported" }));
    expect(first.summary.resourceChanges).toMatchObject({ import: 1 });
    await stack.up(imported("ours", {}));
    expect((await cluster.read(configMap("imported")))?.metadata.labels).toEqual({ label: "ours" });
    await stack.automation.destroy();
    expect(await cluster.read(configMap("imported"))).toBeUndefined();
  });

  it("sees by a refresh what changed and what is gone", async () => {
    const stack = await pulumi.stack("refresh");
    const program = oneConfigMap({ name: "refreshed", labels: { round: "1" } }, { key: "value" });
    await stack.up(program);

    await cluster.merge({
      ...configMap("refreshed"),
      metadata: { ...configMap("refreshed").metadata, labels: { round: "9" } },
    });
    expect((await stack.automation.refresh()).summary.resourceChanges).toMatchObject({ update: 1 });
    await expect(stack.up(program)).rejects.toThrow(/field conflict/);
    const forced = withProvider((options) => {
      const metadata = { name: "refreshed", labels: { round: "1" }, annotations: { "pulumi.com/patchForce": "true" } };
      new k8s.core.v1.ConfigMap("one", { metadata, data: { key: "value" } }, options);
      return undefined;
    });
    await stack.up(forced);
    expect((await cluster.read(configMap("refreshed")))?.metadata.labels).toEqual({ round: "1" });

    await cluster.delete(configMap("refreshed"));
    expect((await stack.automation.refresh()).summary.resourceChanges).toMatchObject({ delete: 1 });
    expect((await stack.up(program)).summary.resourceChanges).toMatchObject({ create: 1 });
    await stack.automation.destroy();
  });

  it("takes an unreachable cluster for unreachable, never for empty", async () => {
    const stack = await pulumi.stack("unreachable");
    const kubeconfig = join(pulumi.backend, "kubeconfig");
    const contents = await readFile(server.kubeconfig, "utf8");
    await writeFile(kubeconfig, contents);
    const program = (() => {
      const provider = new k8s.Provider("cluster", { kubeconfig });
      new k8s.core.v1.ConfigMap("one", { metadata: { name: "unreachable" } }, { provider });
      return Promise.resolve();
    }) as PulumiFn;
    await stack.up(program);

    await writeFile(kubeconfig, contents.replace(server.url, "https://127.0.0.1:9"));
    await expect(stack.automation.refresh()).rejects.toThrow(/cluster is unreachable/);
    await expect(stack.automation.destroy()).rejects.toThrow(/cluster is unreachable/);
    expect(findResource(await stack.resources(), configMapType, "one")).toBeDefined();

    await writeFile(kubeconfig, contents);
    await stack.automation.destroy();
    expect(await cluster.read(configMap("unreachable"))).toBeUndefined();
  });

  it("keeps secrets secret", async () => {
    const stack = await pulumi.stack("secrets");
    const kubeconfig = await readFile(server.kubeconfig, "utf8");
    const program = (() => {
      const provider = new k8s.Provider("cluster", { kubeconfig: secret(kubeconfig) });
      const options = { provider };
      new k8s.core.v1.Secret(
        "secret",
        { metadata: { name: "secret" }, stringData: { password: "plain-hunter2" } },
        options,
      );
      new k8s.core.v1.ConfigMap(
        "one",
        { metadata: { name: "wrapped" }, data: { token: secret("plain-hunter3") } },
        options,
      );
      return Promise.resolve();
    }) as PulumiFn;
    await stack.up(program);
    const checkpoint = await stack.checkpoint();
    expect(checkpoint).not.toContain("plain-hunter");
    expect(checkpoint).not.toContain("current-context");
    expect(checkpoint).not.toContain(Buffer.from("plain-hunter2").toString("base64"));
    expect((await stack.up(program)).summary.resourceChanges).toMatchObject({ same: 4 });
    expect((await stack.automation.refresh()).summary.resourceChanges).toEqual({ same: 4 });
    expect(await stack.checkpoint()).not.toContain("plain-hunter");
    expect(
      (await cluster.read({ apiVersion: "v1", kind: "Secret", metadata: { name: "secret", namespace: "default" } }))
        ?.data,
    ).toEqual({ password: Buffer.from("plain-hunter2").toString("base64") });
    await stack.automation.destroy();
  });

  it("previews what needs a kind and a namespace that do not exist yet", async () => {
    const stack = await pulumi.stack("preview");
    const program = withProvider((options) => {
      const namespace = new k8s.core.v1.Namespace("ns", { metadata: { name: "previewed" } }, options);
      const metadata = { name: "previewed", namespace: "previewed" };
      new k8s.core.v1.ConfigMap("one", { metadata }, { ...options, dependsOn: namespace });
      new k8s.apiextensions.CustomResource(
        "widget",
        { apiVersion: "test.example/v1", kind: "Widget", metadata },
        options,
      );
      return undefined;
    });
    expect((await stack.preview(program)).changeSummary).toEqual({ create: 5 });
  });
});
