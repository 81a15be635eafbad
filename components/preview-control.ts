import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { completeArgs, type Complete } from "./complete-args";
import { platformNamespace } from "./manifests/platform-namespace";
import { previewDefaults } from "./manifests/preview-spec";
import { protection } from "./protection";
import { rules } from "./rules";

export interface PreviewControlArgs {
  /** The control namespace: Flux objects and Git credentials of all previews. Default: `app-preview`. */
  namespace?: string;
  /** Token with which Flux clones a private repository. Kept as a secret. Default: none, for public repositories. */
  gitToken?: pulumi.Input<string>;
  /** Name of the Secret that holds the token. Default: `github-auth`. */
  gitSecretName?: string;
}

const defaults = {
  namespace: previewDefaults.controlNamespace,
  gitSecretName: "github-auth",
} satisfies PreviewControlArgs;

type PreviewControlSettings = Complete<PreviewControlArgs, typeof defaults>;

/**
 * What all previews share. No pod runs in the control namespace, so that nothing from a pull request ever sits beside
 * the Git credentials.
 *
 * @example
 * new PreviewControl("previews", { gitToken: config.getSecret("githubToken") }, { provider: cluster.provider });
 */
export class PreviewControl extends pulumi.ComponentResource {
  /** The control namespace. */
  public readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: PreviewControlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:PreviewControl", name, {}, opts);
    const control = completeArgs(`PreviewControl "${name}"`, args, defaults, {
      namespace: rules.name,
      gitToken: rules.token,
      gitSecretName: rules.name,
    });
    const namespace = new k8s.core.v1.Namespace("namespace", platformNamespace(control.namespace), {
      parent: this,
      ...protection(opts),
    });
    const inNamespace = { parent: this, dependsOn: [namespace] };
    new k8s.core.v1.ResourceQuota(
      "no-pods",
      { metadata: { name: "no-pods", namespace: control.namespace }, spec: { hard: { pods: "0" } } },
      inNamespace,
    );
    if (control.gitToken !== undefined) {
      new k8s.core.v1.Secret("git-credentials", gitCredentials(control, control.gitToken), inNamespace);
    }
    this.namespace = namespace.metadata.name;
    this.registerOutputs({ namespace: this.namespace });
  }
}

/** GitHub takes a token as password of any user; this name works for personal, app and workflow tokens. */
function gitCredentials(
  { namespace, gitSecretName }: PreviewControlSettings,
  token: pulumi.Input<string>,
): k8s.core.v1.SecretArgs {
  return {
    metadata: { name: gitSecretName, namespace },
    type: "kubernetes.io/basic-auth",
    stringData: { username: "x-access-token", password: pulumi.secret(token) },
  };
}
