import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Cluster } from "../../../components/cluster.ts";
import { accepted, completeArgs } from "../../../components/complete-args.ts";
import { Flux } from "../../../components/flux.ts";
import { Gateway } from "../../../components/gateway.ts";
import { gatewayAddress } from "../../../components/gateway-address.ts";
import { PreviewControl } from "../../../components/preview-control.ts";
import { PreviewEnvironment } from "../../../components/preview-environment.ts";
import { ProductionApp } from "../../../components/production-app.ts";
import { rules } from "../../../components/rules.ts";
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
    "PreviewControl, without showing the token": [
      () => new PreviewControl("p", { gitToken: "not a token" }),
      'PreviewControl "p" cannot be made:\n  gitToken: what is given is not a token without spaces',
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

  test("the Git token reaches the cluster as a secret only", async () => {
    const { resources } = await run(() => new PreviewControl("previews", { gitToken: "a-token" }));
    expect(find(resources, "git-credentials").inputs).toMatchObject({
      stringData: { secret: { password: "a-token" } },
    });
    const others = resources.filter(({ name }) => name !== "git-credentials");
    expect(JSON.stringify(others)).not.toContain("a-token");
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
