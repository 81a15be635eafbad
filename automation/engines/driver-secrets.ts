import type { Kubeconfig } from "../cluster/kubeconfig.ts";

export interface SecretSources {
  readonly kubeconfig: Kubeconfig;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Everything secret that the driver was given: what no message may show. */
export function driverSecrets({ env, kubeconfig }: SecretSources): string[] {
  const { users = [] } = JSON.parse(kubeconfig.contents) as { users?: readonly { user?: Record<string, unknown> }[] };
  const credentials = users.flatMap(({ user = {} }) => [user["token"], user["password"], user["client-key-data"]]);
  const own = ["GITHUB_TOKEN", "GITHUB_APP_PRIVATE_KEY", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN"].map(
    (name) => env[name],
  );
  return [...credentials, ...own].filter((secret) => typeof secret === "string");
}
