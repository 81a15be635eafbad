import { registryPort, secureRegistryPort } from "./cluster/registry.ts";

type Settings = Readonly<Record<string, unknown>>;

/**
 * The settings of the platform's stack, as `Pulumi.<stack>.yaml` holds them, that fit a sandbox: everything from its own
 * registry. And those that are wanted beside them.
 */
export function platformSettings(
  env: Readonly<Record<string, string>>,
  more: Settings = {},
): { readonly config: Record<string, unknown> } {
  const inside = new URL(env["GITHUB_API_URL"] ?? "").hostname;
  const images = `${inside}:${registryPort}`;
  // Pulumi's Helm releases cannot speak plain HTTP to a registry; the same charts are served over TLS.
  const charts = `oci://${inside}:${secureRegistryPort}/charts`;
  const settings = {
    cluster: "existing",
    kubeconfig: env["KUBECONFIG"] ?? "",
    fluxOperatorChart: `${charts}/flux-operator`,
    fluxOperatorValues: { image: { repository: `${images}/controlplaneio-fluxcd/flux-operator` } },
    fluxVersion: "2.9.2",
    fluxRegistry: `${images}/fluxcd`,
    fluxComponents: ["source-controller", "helm-controller", "notification-controller"],
    // Flux Operator pins the distribution's images by digest, and these are other builds.
    fluxImages: {
      "source-controller": `${images}/fluxcd/source-controller:v1.9.3`,
      "helm-controller": `${images}/fluxcd/helm-controller:v1.6.2`,
      "notification-controller": `${images}/fluxcd/notification-controller:v1.9.2`,
    },
    gatewayChart: `${charts}/gateway-helm`,
    gatewayControllerImage: `${images}/envoyproxy/gateway:v1.9.1`,
    gatewayProxyImage: `${images}/envoyproxy/envoy:distroless-v1.39.1`,
    appChart: `oci://${images}/den-vasyliev/charts/kbot`,
    appInsecure: true,
    appInterval: "10s",
    host: env["PREVIEW_HOST"] ?? "",
    ...more,
  };
  return stackConfig(settings);
}

/** Settings of the platform as the file of a stack holds them. */
export function stackConfig(settings: Readonly<Record<string, unknown>>): { readonly config: Record<string, unknown> } {
  const project = "preview-environments";
  return { config: Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${project}:${key}`, value])) };
}

/** Settings with which previews are made inside the cluster: Flux Operator reads the pull requests from the emulator. */
export function fluxEngineSettings(env: Readonly<Record<string, string>>, feedback: string): Settings {
  const repository = env["GITHUB_REPOSITORY"] ?? "";
  return {
    githubToken: env["GITHUB_TOKEN"] ?? "",
    previewEngine: "flux",
    previewRepository: repository,
    previewRepositoryUrl: new URL(`/${repository}`, env["GITHUB_API_URL"] ?? "").href,
    previewInterval: "3s",
    previewFeedback: feedback,
  };
}

/** What the policy pack must be told there (`--policy-pack-config`): production's chart, too, comes from the sandbox's registry. */
export function platformPolicyConfig(env: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const { config } = platformSettings(env);
  const chart = String(config["preview-environments:appChart"]).replace("oci://", "");
  return { "production-chart-is-trusted": { registries: [chart.replace(/\/charts\/[^/]+$/, "")] } };
}
