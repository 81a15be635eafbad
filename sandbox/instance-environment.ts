import { delimiter, join } from "node:path";
import { clusterNetwork } from "./cluster/addresses.ts";
import type { ClusterPlan } from "./cluster/cluster-plan.ts";
import { gitHostPort, repository } from "./cluster/git-host.ts";
import { cacheRoot, projectRoot } from "./paths.ts";

/** What the user's shell needs to work with an instance: added to, and in front of, what is in `user`. */
export function instanceEnvironment(
  { addresses, files }: Pick<ClusterPlan, "addresses" | "files">,
  githubToken: string,
  user: NodeJS.ProcessEnv,
): Record<string, string> {
  const [gateway = ""] = addresses.loadBalancers;
  return {
    KUBECONFIG: files.kubeconfig,
    PULUMI_BACKEND_URL: `file://${files.pulumiBackend}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: files.passphrase,
    PULUMI_HOME: own(user["PULUMI_HOME"]) ?? files.pulumiHome,
    // Both would ask the internet: for a newer Pulumi, and for plugins that a program's packages name but nothing uses.
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    SSL_CERT_FILE: files.certificates,
    GITHUB_API_URL: `http://${addresses.inside}:${gitHostPort}/api/v3`,
    GITHUB_REPOSITORY: repository,
    GITHUB_TOKEN: githubToken,
    GATEWAY_ADDRESS: gateway,
    PREVIEW_HOST: "kbot.example.com",
    PREVIEW_CACHE: files.driver,
    ...noProxy(user, [addresses.inside, gateway, addresses.subnet, clusterNetwork.services]),
    PATH: searchPath(user["PATH"] ?? "", {
      first: [files.bin, join(projectRoot, "node_modules", ".bin")],
      last: [files.plugins],
    }),
  };
}

/** A setting of the user's own, not one that an instance gave to the shell earlier. */
function own(setting: string | undefined): string | undefined {
  return setting === undefined || setting === "" || isOurs(setting) ? undefined : setting;
}

function isOurs(path: string): boolean {
  return path.startsWith(join(cacheRoot(), "instances"));
}

/** The user's PATH between ours, without what an earlier `env` has put there. */
function searchPath(
  path: string,
  ours: { readonly first: readonly string[]; readonly last: readonly string[] },
): string {
  const kept = path
    .split(delimiter)
    .filter((folder) => folder !== "" && !isOurs(folder) && !ours.first.includes(folder));
  return [...ours.first, ...kept, ...ours.last].join(delimiter);
}

/** Behind a proxy, requests to the sandbox must not go there. Without one, the variables stay as they are. */
function noProxy(user: NodeJS.ProcessEnv, addresses: readonly string[]): Record<string, string> {
  const proxied = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"].some((name) => (user[name] ?? "") !== "");
  if (!proxied) return {};
  const present = (user["NO_PROXY"] ?? user["no_proxy"] ?? "").split(",").filter((entry) => entry !== "");
  const value = [...new Set([...present, ...addresses])].join(",");
  return { NO_PROXY: value, no_proxy: value };
}
