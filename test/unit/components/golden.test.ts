import { describe, expect, test } from "vitest";
import { Cluster } from "../../../components/cluster.ts";
import { Flux } from "../../../components/flux.ts";
import { Gateway } from "../../../components/gateway.ts";
import { PreviewControl } from "../../../components/preview-control.ts";
import { PreviewEnvironment } from "../../../components/preview-environment.ts";
import { ProductionApp } from "../../../components/production-app.ts";
import { platform } from "../../../stacks/platform/program.ts";
import { previewProgram } from "../../../stacks/preview/program.ts";
import { answers, previewSpec } from "./fixtures.ts";
import { run } from "./registered.ts";

/** Programs by the name of their golden file. After a wanted change: `npx vitest run --project unit -u`, and read the diff. */
const programs: Record<string, () => object> = {
  "cluster-existing": () =>
    new Cluster("cluster", { provider: "existing", kubeconfig: "/kubeconfig", context: "staging" }),
  "cluster-kind": () => new Cluster("cluster", { nodeImage: "kindest/node:v1.34.3" }),
  flux: () => new Flux("flux", {}),
  "flux-elsewhere": () =>
    new Flux("flux", {
      chart: "oci://registry.example.com/charts/flux-operator",
      values: { image: { repository: "registry.example.com/flux-operator" } },
      version: "2.9.2",
      registry: "registry.example.com/fluxcd",
      variant: "upstream-alpine",
      components: ["source-controller", "helm-controller"],
      images: { "helm-controller": "registry.example.com:5000/fluxcd/helm-controller:v1.6.2" },
      patches: [{ target: { kind: "Deployment" }, patch: "- op: remove\n  path: /spec/replicas\n" }],
    }),
  gateway: () => new Gateway("gateway", {}),
  "gateway-elsewhere": () =>
    new Gateway("gateway", {
      chart: "oci://registry.example.com/charts/gateway-helm",
      values: { deployment: { replicas: 2 } },
      controllerImage: "registry.example.com/envoyproxy/gateway:v1.9.1",
      proxyImage: "registry.example.com/envoyproxy/envoy:distroless-v1.39.1",
      routeNamespaceLabels: { routes: "public" },
    }),
  "production-app": () => new ProductionApp("app", {}),
  "production-app-elsewhere": () =>
    new ProductionApp("app", {
      chart: "oci://registry.example.com:5000/charts/kbot",
      insecure: true,
      certSecret: "registry-ca",
      pullSecret: "registry-auth",
      values: { replicas: 2, gateway: { path: "/not-this" } },
    }),
  "preview-control": () => new PreviewControl("previews", {}),
  "preview-control-private": () => new PreviewControl("previews", { gitToken: "a-token" }),
  "preview-environment": () => new PreviewEnvironment("preview", previewSpec),
  "platform-stack": () =>
    platform("preview-environments", {
      "preview-environments:cluster": "existing",
      "preview-environments:githubToken": "a-token",
      "preview-environments:host": "app.example.com",
    }),
  "preview-stack": () =>
    previewProgram({
      spec: {
        ...previewSpec,
        source: { ...previewSpec.source, secretName: "github-auth" },
        values: { image: { repository: "registry.example.com/kbot", tag: "not-this" }, replicas: 2 },
        route: { mode: "host", host: "previews.example.com", proxyNamespace: "proxies" },
        podSecurity: "baseline",
        quota: { pods: "3" },
      },
      kubeconfig: "/kubeconfig",
      timeout: "3m",
    }),
};

describe("what a program registers", () => {
  test.for(Object.entries(programs))("%s", async ([name, program]) => {
    const { resources } = await run(program, answers);
    await expect(`${JSON.stringify(resources, undefined, 2)}\n`).toMatchFileSnapshot(`golden/${name}.json`);
  });
});
