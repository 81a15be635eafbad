/** Everything that decides what the preview of one pull request looks like. Plain data. */
export interface PreviewSpec {
  /** Pull request number, from 1. */
  readonly number: number;
  /** Name of the app, where the repository has several: its preview is `pr-41-<app>`. Default: none. */
  readonly app?: string;
  /** Repository the pull request is opened against: `owner/name`. */
  readonly repository: string;
  /** Head sha of the pull request: 40 (or, with SHA-256, 64) lower-case hex digits. */
  readonly sha: string;
  /** Head branch. Shown in an annotation, never used for checkout. */
  readonly branch: string;
  /** What realises the preview. */
  readonly engine: "automation" | "flux";
  /** Namespace of the Flux objects and the Git credentials. Default: `app-preview`. */
  readonly controlNamespace: string;
  readonly source: PreviewSource;
  readonly chart: PreviewChart;
  /** Extra chart values; `image.tag` and `gateway.*` below win over them. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly route: PreviewRoute;
  /** Pod Security level enforced in the workload namespace. Default: `restricted`. */
  readonly podSecurity?: PodSecurityLevel;
  /** Hard limits of the workload namespace, instead of the default ones (all of them). */
  readonly quota?: Readonly<Record<string, string>>;
}

/** A level of the Pod Security Standards. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

/** Where the chart's commit is cloned from. */
export interface PreviewSource {
  /** Clone URL, `http://`, `https://` or `ssh://`. The fork's own URL for a pull request from a fork. */
  readonly url: string;
  /** Secret with Git credentials in the control namespace, as Flux's GitRepository reads it. Default: none. */
  readonly secretName?: string;
  /** `github` where the Secret holds a GitHub App instead of a user and password. Default: none. */
  readonly provider?: "github";
  /** How often Flux looks at the repository, a Go duration. Default: `1h`, since a commit never changes. */
  readonly interval: string;
}

/** The chart in that commit. */
export interface PreviewChart {
  /** Folder of the chart in the repository. Default: `./helm`. */
  readonly path: string;
  /** How often Flux reconciles the release, a Go duration. Default: `1m`. */
  readonly interval: string;
  /** How long one Helm action may take, a Go duration. Default: `5m`. */
  readonly timeout: string;
}

/** Where the preview answers. */
export interface PreviewRoute {
  /** `path`: `http://<host>/pr-41`. `host`: `http://pr-41.<host>/`. Default: `path`. */
  readonly mode: "path" | "host";
  /** Host name of the app, in host mode the domain of the previews. Default: `kbot.example.com`. */
  readonly host: string;
  /** Gateway the chart's route attaches to. Default: `gateway` in `envoy-gateway-system`. */
  readonly gateway?: GatewayReference;
  /** Namespace of the proxies that carry the gateway's traffic. Default: the gateway's namespace. */
  readonly proxyNamespace?: string;
}

/** A Gateway, by name. */
export interface GatewayReference {
  readonly name: string;
  readonly namespace: string;
}

/** The defaults of a {@link PreviewSpec}; what is not here belongs to the pull request. */
export const previewDefaults = {
  engine: "automation",
  controlNamespace: "app-preview",
  source: {
    // A GitRepository with a commit is cloned whole at every interval, and a commit never changes.
    interval: "1h",
  },
  chart: { path: "./helm", interval: "1m", timeout: "5m" },
  values: {},
  route: {
    mode: "path",
    host: "kbot.example.com",
    gateway: { name: "gateway", namespace: "envoy-gateway-system" },
  },
  podSecurity: "restricted",
  quota: {
    pods: "20",
    "requests.cpu": "2",
    "requests.memory": "2Gi",
    "limits.cpu": "8",
    "limits.memory": "4Gi",
    "requests.storage": "10Gi",
    persistentvolumeclaims: "5",
    "services.loadbalancers": "0",
    "services.nodeports": "0",
  },
} as const satisfies Partial<Omit<PreviewSpec, "source" | "chart" | "route">> & {
  readonly source: Omit<PreviewSource, "url">;
  readonly chart: PreviewChart;
  readonly route: PreviewRoute;
};
