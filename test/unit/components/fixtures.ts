import { previewDefaults, type PreviewSpec } from "../../../components/manifests/preview.ts";
import type { Answers } from "./registered.ts";

export const previewSpec: PreviewSpec = {
  ...previewDefaults,
  number: 41,
  repository: "den-vasyliev/kbot",
  sha: "0123456789abcdef0123456789abcdef01234567",
  branch: "feature/greeting",
  source: { ...previewDefaults.source, url: "https://github.example.com/den-vasyliev/kbot.git" },
};

/** What a cluster would answer where a component reads it. */
export const answers: Answers = {
  "kubernetes:gateway.networking.k8s.io/v1:Gateway": { status: { addresses: [{ value: "192.0.2.100" }] } },
  "command:local:Command": { stdout: "the kubeconfig" },
  "random:index/randomPassword:RandomPassword": { result: "a-random-token" },
};
