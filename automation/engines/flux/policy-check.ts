import pLimit from "p-limit";
import type { PreviewSpec } from "../../../components/manifests/preview.ts";
import type { Kubeconfig } from "../../cluster/kubeconfig.ts";
import type { PolicyPack } from "../../policy-pack.ts";
import { workerModule, WorkerPool } from "../automation/worker-pool.ts";
import { PolicyRefusal, type DeployRun } from "../engine.ts";

export interface PolicyCheckOptions {
  readonly pack: PolicyPack;
  readonly project: string;
  readonly repository: string;
  readonly kubeconfig: Kubeconfig;
  readonly timeoutSeconds: number;
  /** How many are checked at once: each takes a process, and a CPU. */
  readonly atOnce: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface PolicyCheck {
  check(name: string, spec: PreviewSpec, run: DeployRun): Promise<void>;
  close(): Promise<void>;
}

/** Runs a pack's rules over the objects of a preview, as they are run where a Pulumi stack makes it. */
export function policyCheck({ pack, env, kubeconfig, atOnce, ...settings }: PolicyCheckOptions): PolicyCheck {
  const limit = pLimit(atOnce);
  const module = workerModule();
  // What a pull request's preview is made of has no business with the driver's own credentials.
  const pool = new WorkerPool({
    module,
    env: { ...env, GITHUB_TOKEN: undefined, GITHUB_APP_PRIVATE_KEY: undefined },
  });
  return {
    async check(name, spec, { signal, progress, violation }) {
      if (pack.rules === undefined) {
        throw new PolicyRefusal(
          `the policy pack "${pack.folder}" has no rules that run outside of Pulumi's engine, and the flux engine has none`,
        );
      }
      progress("checking the policy");
      const { contents, context } = kubeconfig;
      await limit(() =>
        pool.run(
          { kind: "check", name, ...settings, kubeconfig: contents, context, spec, pack },
          {
            signal,
            tell: (news) => {
              if (news.type === "violation") violation?.(news.violation);
            },
          },
        ),
      );
    },
    close: () => pool.close(),
  };
}
