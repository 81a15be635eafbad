import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Cluster } from "../../../components/cluster.ts";
import { signatures } from "../../../components/chart-signatures.ts";
import { accepted, completeArgs } from "../../../components/complete-args.ts";
import { Flux } from "../../../components/flux.ts";
import { Gateway } from "../../../components/gateway.ts";
import { gatewayAddress } from "../../../components/gateway-address.ts";
import { Ngrok } from "../../../components/ngrok.ts";
import { PreviewControl } from "../../../components/preview-control.ts";
import { PreviewEnvironment } from "../../../components/preview-environment.ts";
import { PreviewSet } from "../../../components/preview-set.ts";
import { ProductionApp } from "../../../components/production-app.ts";
import { Repository } from "../../../components/repository.ts";
import { WebhookReceiver } from "../../../components/webhook-receiver.ts";
import { rules } from "../../../components/rules.ts";
import { platform } from "../../../stacks/platform/program.ts";
import { answers, previewSpec } from "./fixtures.ts";
import { find, run } from "./registered.ts";

describe("wrong arguments", () => {
  const wrong: Record<string, [() => object, string]> = {
    Cluster: [
      () => new Cluster("c", { provider: "minikube", name: "A" }),
      'Cluster "c" cannot be made:\n' +
        '  provider: "minikube" is not one of "kind", "existing"\n' +
        '  name: "A" is not a name of lower-case letters, digits and "-", at most 63',
    ],
    "Cluster, without showing the kubeconfig": [
      () => new Cluster("c", { provider: "existing", kubeconfig: "relative/path" }),
      'Cluster "c" cannot be made:\n' +
        "  kubeconfig: what is given is not the contents of a kubeconfig or an absolute path",
    ],
    "Cluster's nodes": [
      () =>
        new Cluster("c", {
          workers: -1,
          portMappings: [{ containerPort: 0, hostPort: 80 }],
          registryConfig: "config.json",
        }),
      'Cluster "c" cannot be made:\n' +
        "  workers: -1 is not a whole number from 0\n" +
        '  portMappings: [{"containerPort":0,"hostPort":80}] is not a list, each item such as ' +
        '{"containerPort":30080,"hostPort":8080}, with listenAddress and protocol where needed\n' +
        '  registryConfig: "config.json" is not an absolute path',
    ],
    Flux: [
      () => new Flux("f", { chart: "flux operator", components: ["helm"], images: { "helm-controller": "a b" } }),
      'Flux "f" cannot be made:\n' +
        '  chart: "flux operator" is not a chart such as "oci://registry/charts/name", an https:// URL or a path\n' +
        '  components: ["helm"] is not a list of at least one item, each one of "source-controller", ' +
        '"kustomize-controller", "helm-controller", "notification-controller", "image-reflector-controller", ' +
        '"image-automation-controller", "source-watcher"\n' +
        '  images: {"helm-controller":"a b"} is not an object, each value an image such as "registry/name:tag"',
    ],
    Gateway: [
      () => new Gateway("g", { chartVersion: "1.x" }),
      'Gateway "g" cannot be made:\n  chartVersion: "1.x" is not an exact version such as "1.2.3"',
    ],
    ProductionApp: [
      () => new ProductionApp("a", { chart: "https://example.com/kbot", interval: "1", host: "Kbot", retries: -1 }),
      'ProductionApp "a" cannot be made:\n' +
        '  chart: "https://example.com/kbot" is not a chart in an OCI registry such as "oci://registry/charts/name"\n' +
        '  interval: "1" is not a duration such as "90s" or "5m"\n' +
        '  host: "Kbot" is not a lower-case host name such as "kbot.example.com"\n' +
        "  retries: -1 is not a whole number from 0",
    ],
    "Ngrok, without showing the token": [
      () => new Ngrok("n", { authtoken: "not a token", domain: "Example", address: "" }),
      'Ngrok "n" cannot be made:\n' +
        "  authtoken: what is given is not a token without spaces\n" +
        '  domain: "Example" is not a lower-case host name such as "kbot.example.com"\n' +
        '  address: "" is not a text',
    ],
    "ProductionApp's chart": [
      () =>
        new ProductionApp("a", {
          version: ">2",
          digest: "sha256:abc",
          verify: { publicKeys: ["ssh-ed25519 AAAA"], identities: [] },
        }),
      'ProductionApp "a" cannot be made:\n' +
        '  version: ">2" is not an exact version such as "1.2.3"\n' +
        '  digest: "sha256:abc" is not a digest such as "sha256:" and 64 hex digits\n' +
        '  verify: {"publicKeys":["ssh-ed25519 AAAA"],"identities":[]} is not either publicKeys (each PEM) or identities ' +
        "(each an issuer and a subject), at least one",
    ],
    "ProductionApp's credentials": [
      () => new ProductionApp("a", { registryUser: "robot", pullSecret: "auth" }),
      'ProductionApp "a" cannot be made:\n' +
        "  registryPassword: is needed with registryUser\n" +
        "  pullSecret: is not needed beside registryUser, give one of the two",
    ],
    "PreviewControl's credentials, without showing them": [
      () => new PreviewControl("p", { githubAppId: "one", githubAppPrivateKey: "not a key", registry: "https://x" }),
      'PreviewControl "p" cannot be made:\n' +
        '  githubAppId: "one" is not a number in quotes\n' +
        "  githubAppPrivateKey: what is given is not a private key in PEM\n" +
        '  registry: "https://x" is not a registry such as "ghcr.io" or "registry.example.com:5000"',
    ],
    "PreviewControl's credentials that do not work alone": [
      () => new PreviewControl("p", { gitToken: "t", githubAppId: "1", registryUser: "robot" }),
      'PreviewControl "p" cannot be made:\n' +
        "  gitToken: is not needed beside githubAppId, give one of the two\n" +
        "  githubAppInstallationId: is needed with githubAppId\n" +
        "  githubAppPrivateKey: is needed with githubAppId\n" +
        "  registry: is needed with registryUser\n" +
        "  registryPassword: is needed with registryUser",
    ],
    "PreviewControl, without showing the token": [
      () => new PreviewControl("p", { gitToken: "not a token" }),
      'PreviewControl "p" cannot be made:\n  gitToken: what is given is not a token without spaces',
    ],
    Repository: [
      () =>
        new Repository("r", {
          repository: "app",
          label: "",
        }),
      'Repository "r" cannot be made:\n' +
        '  repository: "app" is not a repository such as "owner/name"\n' +
        '  label: "" is not the name of a label, at most 50 characters',
    ],
    "Repository's parts": [
      () =>
        new Repository("r", {
          repository: "acme/app",
          secrets: { GITHUB_TOKEN: "x", kubeconfig: "x" },
          webhooks: {
            none: {},
            two: { url: "ftp://x", receiver: { origin: "https://hooks.example.com", namespace: "A" } },
            secret: { url: "https://example.com", secret: "a b", events: [] },
          },
          protection: { approvals: -1 },
        }),
      'Repository "r" cannot be made:\n' +
        '  secrets: "GITHUB_TOKEN" is not a name of capital letters, digits and "_", without GITHUB_\n' +
        '  secrets: "kubeconfig" is not a name of capital letters, digits and "_", without GITHUB_\n' +
        "  webhooks.none: one of url and receiver is needed, and 0 are given\n" +
        "  webhooks.two: one of url and receiver is needed, and 2 are given\n" +
        '  webhooks.two.url: "ftp://x" is not a URL starting with https:// or http://\n' +
        '  webhooks.two.receiver.namespace: "A" is not a name of lower-case letters, digits and "-", at most 63\n' +
        "  webhooks.secret.secret: what is given is not a token without spaces\n" +
        "  webhooks.secret.events: [] is not a list of at least one item, each an event of GitHub such as " +
        '"pull_request"\n' +
        "  protection.approvals: -1 is not a whole number from 0",
    ],
    WebhookReceiver: [
      () => new WebhookReceiver("w", { namespace: "app", objects: [], events: ["Push"] }),
      'WebhookReceiver "w" cannot be made:\n' +
        "  objects: [] is not a list of at least one item, each an object\n" +
        '  events: ["Push"] is not a list of at least one item, each an event of GitHub such as "pull_request"',
    ],
    "PreviewSet's webhook": [
      () => new PreviewSet("p", { source: "admission", repository: "acme/app", webhook: {} }),
      'PreviewSet "p" cannot be made:\n' +
        '  webhook: only source "github" has something to look at; with "admission" the driver publishes',
    ],
    PreviewEnvironment: [
      () => new PreviewEnvironment("pr-41", { ...previewSpec, sha: "HEAD", route: { mode: "port" } }),
      'PreviewEnvironment "pr-41" cannot be made:\n' +
        '  sha: "HEAD" is not a full commit sha in lower-case hex\n' +
        '  route.mode: "port" is not "path" or "host"',
    ],
    "PreviewEnvironment's time-out": [
      () => new PreviewEnvironment("pr-41", { ...previewSpec, timeout: "10" }),
      'PreviewEnvironment "pr-41" cannot be made:\n  timeout: "10" is not a duration such as "10m"',
    ],
  };
  test.for(Object.entries(wrong))("of %s are told in one message", ([, [program, message]]) => {
    expect(program).toThrow(message);
  });

  test("are told as soon as they are known", () => {
    const check = accepted<string>('App "a"', "interval", rules.duration);
    expect(check("5m")).toBe("5m");
    expect(() => check("soon")).toThrow(
      'App "a" cannot be made:\n  interval: "soon" is not a duration such as "90s" or "5m"',
    );
  });

  test("do not lose what is secret, nor what is left out", async () => {
    const args: { host?: pulumi.Input<string>; interval?: string } = { host: pulumi.secret("example.com") };
    const complete = completeArgs('App "a"', args, {}, { host: rules.host, interval: rules.duration });
    expect(await pulumi.isSecret(pulumi.output(complete.host))).toBe(true);
    expect(complete.interval).toBeUndefined();
  });
});

describe("secrets", () => {
  test("the kubeconfig stays secret, as an output and in the provider", async () => {
    let kubeconfig: pulumi.Output<string> | undefined;
    const { resources } = await run(() => {
      ({ kubeconfig } = new Cluster("cluster", { provider: "existing", kubeconfig: "/kubeconfig" }));
      return {};
    });
    expect(await pulumi.isSecret(pulumi.output(kubeconfig))).toBe(true);
    expect(find(resources, "kubernetes").inputs).toEqual({ kubeconfig: { secret: "/kubeconfig" } });
  });

  test("ngrok's token reaches the cluster as a secret only, and the gateway answers at its domain", async () => {
    const { resources, outputs } = await run(() => ({
      url: new Ngrok("ngrok", { authtoken: "a-token", domain: "example.ngrok-free.app", address: "192.0.2.100" }).url,
    }));
    expect(find(resources, "account").inputs).toMatchObject({ stringData: { secret: { authtoken: "a-token" } } });
    expect(JSON.stringify(resources.filter(({ name }) => name !== "account"))).not.toContain("a-token");
    expect(outputs).toEqual({ url: "https://example.ngrok-free.app/" });
  });

  test("the Git token reaches the cluster as a secret only", async () => {
    const { resources } = await run(() => new PreviewControl("previews", { gitToken: "a-token" }));
    expect(find(resources, "git-credentials").inputs).toMatchObject({
      stringData: { secret: { password: "a-token" } },
    });
    const others = resources.filter(({ name }) => name !== "git-credentials");
    expect(JSON.stringify(others)).not.toContain("a-token");
  });
});

describe("signatures", () => {
  test("may be known later", async () => {
    const issuer = pulumi.output("^https://issuer$");
    const { resources } = await run(
      () => new ProductionApp("app", { verify: { identities: [{ issuer, subject: "^me$" }] } }),
    );
    expect(find(resources, "chart").inputs).toMatchObject({
      spec: { verify: { provider: "cosign", matchOIDCIdentity: [{ issuer: "^https://issuer$", subject: "^me$" }] } },
    });
  });

  test.for([
    [{ publicKeys: ["-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"] }, true],
    [{ identities: [{ issuer: "a", subject: "b" }] }, true],
    [{ identities: [{ issuer: "a", subject: "" }] }, false],
    [{ identities: [{ issuer: "a" }] }, false],
    [{ identities: [] }, false],
    [{ keys: ["a"] }, false],
    [{}, false],
    ["cosign", false],
  ] as const)("%j: %s", ([given, accepted]) => {
    expect(signatures.accepts(given)).toBe(accepted);
  });
});

describe("webhooks", () => {
  const receiverArgs = {
    namespace: "app-preview",
    objects: [{ apiVersion: "fluxcd.controlplane.io/v1", kind: "ResourceSetInputProvider", name: "previews" }],
  };

  test("are posted where the receiver of the same token listens, as Flux computes it", async () => {
    const { outputs } = await run(() => {
      const { path, token } = new WebhookReceiver("receiver", receiverArgs);
      const { webhookUrls, webhookSecrets } = new Repository("repository", {
        repository: "acme/app",
        webhooks: { previews: { secret: token, receiver: { origin: "https://hooks.example.com" } } },
      });
      return { path, url: webhookUrls["previews"], secret: webhookSecrets["previews"] };
    }, answers);
    // printf %s a-random-tokengithubapp-preview | sha256sum
    const path = "/hook/bb7d020bc7fd8120bce7cdf7ab42cbc8be379b8a83c98b903c44eda077e7078e";
    expect(outputs).toEqual({ path, url: `https://hooks.example.com${path}`, secret: "a-random-token" });
  });

  test("their secrets stay secret, and so does where they are posted", async () => {
    const outputs: pulumi.Output<unknown>[] = [];
    const { resources } = await run(() => {
      const { path, token } = new WebhookReceiver("receiver", receiverArgs);
      const { webhookUrls, webhookSecrets } = new Repository("repository", {
        repository: "acme/app",
        secrets: { KUBECONFIG: "the kubeconfig" },
        webhooks: { previews: { receiver: { origin: "https://hooks.example.com" } } },
      });
      outputs.push(path, token, webhookUrls, webhookSecrets);
      return {};
    }, answers);
    expect(await Promise.all(outputs.map((output) => pulumi.isSecret(output)))).toEqual([true, true, true, true]);
    const text = JSON.stringify(resources).replaceAll(/\{"secret":("[^"]*"|\{[^{}]*\})\}/g, "");
    expect(text).not.toContain("a-random-token");
    expect(text).not.toContain("/hook/");
    expect(text).not.toContain("the kubeconfig");
  });

  test("of a set and of releases hasten what is there, without making a secret of anything else", async () => {
    const { resources, outputs } = await run(
      () =>
        platform("preview-environments", {
          "preview-environments:cluster": "existing",
          "preview-environments:githubToken": "a-token",
          "preview-environments:previewEngine": "flux",
          "preview-environments:previewRepository": "acme/app",
          "preview-environments:webhookHost": "hooks.example.com",
        }),
      answers,
    );
    const hastened = resources
      .filter(({ type }) => type.endsWith(":Receiver"))
      .flatMap(({ inputs }) => {
        const { metadata, spec } = inputs as {
          metadata: { namespace: string };
          spec: { resources: { kind: string; name: string }[] };
        };
        return spec.resources.map(({ kind, name }) => `${kind} ${metadata.namespace}/${name}`);
      });
    const there = resources.map(({ inputs }) => {
      const { kind, metadata } = inputs as { kind?: string; metadata?: { namespace: string; name: string } };
      return `${String(kind)} ${String(metadata?.namespace)}/${String(metadata?.name)}`;
    });
    expect(hastened.toSorted()).toEqual(["OCIRepository app/kbot", "ResourceSetInputProvider app-preview/previews"]);
    expect(there).toEqual(expect.arrayContaining(hastened));
    expect(Object.keys(outputs["webhooks"] as object)).toEqual(["releases", "previews"]);
    const set = find(resources, "set").inputs;
    expect(JSON.stringify(set)).not.toContain('"secret":');
  });

  test("the environment's secrets are for the default branch alone", async () => {
    const { resources } = await run(() => new Repository("repository", { repository: "acme/app" }), answers);
    expect(find(resources, "environment").inputs).toMatchObject({
      deploymentBranchPolicy: { customBranchPolicies: true, protectedBranches: false },
    });
    expect(find(resources, "environment-branch").inputs).toMatchObject({ branchPattern: "main" });
  });
});

describe("order", () => {
  test("the release comes after everything else of its preview, and so goes before it", async () => {
    const { resources } = await run(() => new PreviewEnvironment("preview", previewSpec));
    const others = resources.filter(({ name, parent }) => parent === "preview" && name !== "release");
    expect(find(resources, "release").dependsOn).toEqual(others.map(({ name }) => name).sort());
    expect(others).toHaveLength(8);
  });

  test("the production release comes after its source and its rights", async () => {
    const { resources } = await run(() => new ProductionApp("app", {}));
    expect(find(resources, "release").dependsOn).toEqual(["chart", "role", "role-binding", "service-account"]);
  });
});

describe("outputs", () => {
  test("of a preview", async () => {
    const { outputs } = await run(() => {
      const { namespace, url, sha } = new PreviewEnvironment("preview", previewSpec);
      return { namespace, url, sha };
    });
    expect(outputs).toEqual({ namespace: "pr-41", url: "http://kbot.example.com/pr-41", sha: previewSpec.sha });
  });

  test("of a gateway: the first address in its status", async () => {
    const { outputs } = await run(() => ({ address: new Gateway("gateway", {}).address }), answers);
    expect(outputs).toEqual({ address: "192.0.2.100" });
  });

  test("of a gateway without an address: what to look at", () => {
    expect(() => gatewayAddress("edge/gateway", { addresses: [] })).toThrow(
      'Gateway "edge/gateway" has no address: does the cluster give addresses to Services of type LoadBalancer?',
    );
  });
});
