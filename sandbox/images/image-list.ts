import { join } from "node:path";
import type { Tools } from "../tools/ensure-tools.ts";

/** Something an image holds: a file or folder of this machine, a text, or an empty folder that everyone may write to. */
export type ImageEntry =
  | { readonly path: string; readonly from: string }
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly writable: true };

/** What the image says of how to run it, in the words of the OCI image configuration. */
export interface ImageConfig {
  readonly User?: string;
  readonly Entrypoint: readonly string[];
  readonly Env?: readonly string[];
}

export interface ClusterImage {
  readonly repository: string;
  readonly tag: string;
  readonly config: ImageConfig;
  readonly entries: readonly ImageEntry[];
}

/** What images take from this machine. */
export interface MachineFiles {
  /** The bundle of certificate authorities, where there is one. */
  readonly certificates?: string;
  /** The shared libraries of Envoy and their loader, by the paths at which it looks for them. */
  readonly envoyLibraries: readonly string[];
}

const fluxControllers = ["source-controller", "helm-controller", "notification-controller"] as const;
type FluxController = (typeof fluxControllers)[number];

/** Flux Operator runs on the distributions it is released for alone, and asks this file which one it is on. */
const osRelease = 'ID=distroless\nPRETTY_NAME="Distroless"\nVERSION_ID="12"\n';

/** The images of everything that runs in pods. Programs are static but for Envoy, so nothing lies below them. */
export function clusterImages(tools: Tools, machine: MachineFiles): readonly ClusterImage[] {
  const { bin, folders, versions } = tools;
  const tmp = { path: "/tmp", writable: true } as const;
  const certificates = machine.certificates
    ? [{ path: "/etc/ssl/certs/ca-certificates.crt", from: machine.certificates }]
    : [];
  // Notifications are not everyone's: their controller is there only where it was built.
  const fluxController = (name: FluxController): ClusterImage[] => {
    const [program, version] = [bin[name], versions[name]];
    if (program === undefined || version === undefined) return [];
    return [
      {
        repository: `fluxcd/${name}`,
        tag: version,
        config: { User: "65534:65534", Entrypoint: [`/${name}`] },
        entries: [{ path: `/${name}`, from: program }, tmp, ...certificates],
      },
    ];
  };
  // Envoy Gateway starts both in containers by their bare names.
  const onPath = (name: "envoy-gateway" | "envoy") => ({
    config: { User: "65532:65532", Entrypoint: [`/usr/local/bin/${name}`], Env: ["PATH=/usr/local/bin"] },
    program: { path: `/usr/local/bin/${name}`, from: bin[name] },
  });
  const gateway = onPath("envoy-gateway");
  const envoy = onPath("envoy");
  return [
    ...fluxControllers.flatMap(fluxController),
    {
      repository: "controlplaneio-fluxcd/flux-operator",
      tag: versions["flux-operator"],
      config: { User: "65532:65532", Entrypoint: ["/flux-operator"], Env: ["GODEBUG=fips140=on"] },
      entries: [
        { path: "/flux-operator", from: bin["flux-operator"] },
        { path: "/data", from: join(folders["flux-operator"], "config", "data") },
        { path: "/etc/os-release", text: osRelease },
        tmp,
        ...certificates,
      ],
    },
    {
      repository: "envoyproxy/gateway",
      tag: versions["envoy-gateway"],
      config: gateway.config,
      entries: [gateway.program, { path: "/var/lib/eg", writable: true }, tmp, ...certificates],
    },
    {
      repository: "envoyproxy/envoy",
      tag: `distroless-v${versions.envoy}`,
      config: envoy.config,
      entries: [envoy.program, ...machine.envoyLibraries.map((path) => ({ path, from: path })), tmp, ...certificates],
    },
    {
      repository: "coredns/coredns",
      tag: versions.coredns,
      config: { Entrypoint: ["/coredns"] },
      entries: [{ path: "/coredns", from: bin.coredns }],
    },
  ];
}

/** What holds a pod's namespaces: the node has it before anything is pulled. */
export function pauseImage({ bin, versions }: Tools): ClusterImage {
  return {
    repository: "registry.k8s.io/pause",
    tag: versions.pause,
    config: { User: "65535:65535", Entrypoint: ["/pause"] },
    entries: [{ path: "/pause", from: bin.pause }],
  };
}
