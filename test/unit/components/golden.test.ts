import { describe, expect, test } from "vitest";
import { Cluster } from "../../../components/cluster.ts";
import { Flux } from "../../../components/flux.ts";
import { Gateway } from "../../../components/gateway.ts";
import { Ngrok } from "../../../components/ngrok.ts";
import { PreviewControl } from "../../../components/preview-control.ts";
import { PreviewEnvironment } from "../../../components/preview-environment.ts";
import { PreviewSet } from "../../../components/preview-set.ts";
import { ProductionApp } from "../../../components/production-app.ts";
import { Repository } from "../../../components/repository.ts";
import { WebhookReceiver } from "../../../components/webhook-receiver.ts";
import { platform } from "../../../stacks/platform/program.ts";
import { previewProgram } from "../../../stacks/preview/program.ts";
import { repositoryProgram } from "../../../stacks/repository/program.ts";
import { answers, previewSpec } from "./fixtures.ts";
import { run } from "./registered.ts";

const publicKey = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n";
const privateKey = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n";

/** Programs by the name of their golden file. After a wanted change: `npx vitest run --project unit -u`, and read the diff. */
const programs: Record<string, () => object> = {
  "cluster-existing": () =>
    new Cluster("cluster", { provider: "existing", kubeconfig: "/kubeconfig", context: "staging" }),
  "cluster-kind": () => new Cluster("cluster", { nodeImage: "kindest/node:v1.34.3" }),
  "cluster-kind-nodes": () =>
    new Cluster("cluster", {
      name: "two",
      workers: 2,
      portMappings: [{ containerPort: 30080, hostPort: 8080 }],
      registryConfig: "/home/ada/.docker/config.json",
      registryHosts: "/etc/containerd/certs.d",
      loadBalancer: false,
    }),
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
  ngrok: () => new Ngrok("ngrok", { authtoken: "a-token", domain: "example.ngrok-free.app", address: "192.0.2.100" }),
  "production-app": () => new ProductionApp("app", {}),
  "production-app-elsewhere": () =>
    new ProductionApp("app", {
      chart: "oci://registry.example.com:5000/charts/kbot",
      insecure: true,
      certSecret: "registry-ca",
      pullSecret: "registry-auth",
      values: { replicas: 2, gateway: { path: "/not-this" } },
    }),
  "production-app-pinned": () =>
    new ProductionApp("app", {
      version: "2.3.0+build.1",
      rollback: false,
      retries: 1,
      timeout: "1m",
      registryUser: "robot",
      registryPassword: "a-password",
      verify: {
        identities: [
          {
            issuer: "^https://token\\.actions\\.githubusercontent\\.com$",
            subject: "^https://github\\.com/den-vasyliev/kbot/",
          },
        ],
      },
    }),
  "production-app-verified": () =>
    new ProductionApp("app", { digest: `sha256:${"0a".repeat(32)}`, verify: { publicKeys: [publicKey] } }),
  "preview-control": () => new PreviewControl("previews", {}),
  "preview-control-private": () =>
    new PreviewControl("previews", {
      gitToken: "a-token",
      registry: "registry.example.com:5000",
      registryUser: "robot",
      registryPassword: "a-password",
    }),
  "preview-control-github-app": () =>
    new PreviewControl("previews", {
      githubAppId: "1234",
      githubAppInstallationId: "5678",
      githubAppPrivateKey: privateKey,
      githubAppBaseUrl: "https://github.example.com/api/v3",
    }),
  "preview-environment": () => new PreviewEnvironment("preview", previewSpec),
  repository: () => new Repository("repository", { repository: "acme/app" }),
  "repository-all": () =>
    new Repository("repository", {
      repository: "acme/app",
      secrets: { KUBECONFIG: "the kubeconfig" },
      variables: { GATEWAY_ADDRESS: "192.0.2.100" },
      webhooks: {
        previews: { receiver: { origin: "https://hooks.example.com/" } },
        elsewhere: { url: "https://example.com/hook", secret: "a-secret", events: ["release"] },
      },
      protection: { checks: ["preview"], approvals: 2 },
    }),
  "repository-stack": () =>
    repositoryProgram("repository", {
      "repository:repository": "acme/app",
      "repository:token": "a-token",
      "repository:kubeconfig": "the kubeconfig",
      "repository:webhooks": '{"previews":{"receiver":{"origin":"https://hooks.example.com"}}}',
    }),
  "webhook-receiver": () =>
    new WebhookReceiver("receiver", {
      namespace: "app-preview",
      objects: [{ apiVersion: "fluxcd.controlplane.io/v1", kind: "ResourceSetInputProvider", name: "previews" }],
    }),
  "webhook-receiver-route": () =>
    new WebhookReceiver("receiver", {
      namespace: "app",
      objects: [{ apiVersion: "source.toolkit.fluxcd.io/v1", kind: "OCIRepository", name: "kbot" }],
      receiverName: "release",
      events: ["ping", "registry_package"],
      token: "a-token",
      route: { host: "hooks.example.com", fluxNamespace: "flux" },
    }),
  "preview-set": () =>
    new PreviewSet("previews", { source: "github", repository: "den-vasyliev/kbot", secretName: "github-auth" }),
  "preview-set-elsewhere": () =>
    new PreviewSet("previews", {
      source: "github",
      repository: "den-vasyliev/kbot",
      setName: "kbot-previews",
      url: "https://github.example.com/den-vasyliev/kbot",
      labels: ["preview", "ready"],
      interval: "30s",
      limit: 20,
      feedback: "status",
      secretName: "git",
      certSecretName: "git-ca",
      controlNamespace: "previews",
      chart: { path: "./deploy/chart", timeout: "2m" },
      values: { image: { repository: "registry.example.com/kbot", tag: "not-this" }, greeting: "<< hello >>" },
      route: { mode: "host", host: "previews.example.com", proxyNamespace: "proxies" },
      podSecurity: "baseline",
      quota: { pods: "3" },
      timeout: "3m",
    }),
  "preview-set-admission": () => new PreviewSet("previews", { source: "admission", repository: "den-vasyliev/kbot" }),
  "platform-stack": () =>
    platform("preview-environments", {
      "preview-environments:cluster": "existing",
      "preview-environments:githubToken": "a-token",
      "preview-environments:host": "app.example.com",
    }),
  "platform-stack-flux": () =>
    platform("preview-environments", {
      "preview-environments:cluster": "existing",
      "preview-environments:githubToken": "a-token",
      "preview-environments:host": "app.example.com",
      "preview-environments:previewEngine": "flux",
      "preview-environments:previewRepository": "den-vasyliev/kbot",
      "preview-environments:previewFeedback": "comment",
    }),
  "preview-set-webhook": () =>
    new PreviewSet("previews", {
      source: "github",
      repository: "acme/app",
      secretName: "github-auth",
      webhook: { token: "a-token", route: { host: "hooks.example.com" } },
    }),
  "platform-stack-webhooks": () =>
    platform("preview-environments", {
      "preview-environments:cluster": "existing",
      "preview-environments:githubToken": "a-token",
      "preview-environments:appName": "app",
      "preview-environments:previewEngine": "flux",
      "preview-environments:previewRepository": "acme/app",
      "preview-environments:webhookHost": "hooks.example.com",
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
