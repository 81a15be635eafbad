import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { completeArgs, incomplete, wrongArgs, type Complete } from "./complete-args";
import { controlNamespace } from "./control-namespace";
import { previewSetDefaults } from "./manifests/preview-set-spec";
import { previewDefaults } from "./manifests/preview-spec";
import { protection } from "./protection";
import { registryLogin } from "./registry-login";
import { rules } from "./rules";

/** What a {@link PreviewControl} is given. */
export interface PreviewControlArgs {
  /** The control namespace: Flux objects and Git credentials of all previews. Default: `app-preview`. */
  namespace?: string;
  /** Token with which Flux clones a private repository. Kept as a secret. Default: none, for public repositories. */
  gitToken?: pulumi.Input<string>;
  /**
   * Id of the GitHub App as which Flux clones a private repository, instead of by a token. Its sources need
   * `provider: github`. Default: none.
   */
  githubAppId?: pulumi.Input<string>;
  /** Id of that app's installation on the repository's owner. Needed with `githubAppId`. */
  githubAppInstallationId?: pulumi.Input<string>;
  /** Private key of that app, PEM. Kept as a secret. Needed with `githubAppId`. */
  githubAppPrivateKey?: pulumi.Input<string>;
  /** API of a GitHub Enterprise Server that app is on: `https://github.example.com/api/v3`. Default: github.com's. */
  githubAppBaseUrl?: pulumi.Input<string>;
  /** Name of the Secret that holds the token or the app's key. Default: `github-auth`. */
  gitSecretName?: string;
  /** Registry, `host` or `host:port`, that Flux pulls charts from with credentials. Default: none. */
  registry?: pulumi.Input<string>;
  /** User of that registry. Needed with `registry`. */
  registryUser?: pulumi.Input<string>;
  /** Password, or token, of that user. Kept as a secret. Needed with `registry`. */
  registryPassword?: pulumi.Input<string>;
  /** Name of the Secret with the registry's credentials, for `secretRef` of Flux sources. Default: `registry-auth`. */
  registrySecretName?: string;
}

const defaults = {
  namespace: previewDefaults.controlNamespace,
  gitSecretName: previewSetDefaults.secretName,
  registrySecretName: "registry-auth",
} satisfies PreviewControlArgs;

type PreviewControlSettings = Complete<PreviewControlArgs, typeof defaults>;

/**
 * What all previews share. No pod runs in the control namespace, so that nothing from a pull request ever sits beside
 * a credential; and no credential goes from here into the namespace of a preview.
 *
 * @example
 * new PreviewControl("previews", { gitToken: config.getSecret("githubToken") }, { provider: cluster.provider });
 */
export class PreviewControl extends pulumi.ComponentResource {
  /** The control namespace. */
  public readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: PreviewControlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:PreviewControl", name, {}, opts);
    const control = controlSettings(name, args);
    const namespace = controlNamespace("namespace", control.namespace, { parent: this, ...protection(opts) });
    const inNamespace = { parent: this, dependsOn: [namespace] };
    const git = gitCredentials(control);
    if (git !== undefined) new k8s.core.v1.Secret("git-credentials", git, inNamespace);
    const { registry, registryUser = "", registryPassword = "", registrySecretName } = control;
    if (registry !== undefined) {
      const metadata = { name: registrySecretName, namespace: control.namespace };
      const login = registryLogin(metadata, registry, registryUser, registryPassword);
      new k8s.core.v1.Secret("registry-credentials", login, inNamespace);
    }
    this.namespace = namespace.metadata.name;
    this.registerOutputs({ namespace: this.namespace });
  }
}

function controlSettings(name: string, args: PreviewControlArgs): PreviewControlSettings {
  const title = `PreviewControl "${name}"`;
  const control = completeArgs(title, args, defaults, {
    namespace: rules.name,
    gitToken: rules.token,
    githubAppId: rules.number,
    githubAppInstallationId: rules.number,
    githubAppPrivateKey: rules.privateKey,
    githubAppBaseUrl: rules.url,
    gitSecretName: rules.name,
    registry: rules.registry,
    registryUser: rules.nonEmpty,
    registryPassword: rules.password,
    registrySecretName: rules.name,
  });
  const problems = [
    ...(control.gitToken !== undefined && control.githubAppId !== undefined
      ? ["gitToken: is not needed beside githubAppId, give one of the two"]
      : []),
    ...incomplete(control, ["githubAppId", "githubAppInstallationId", "githubAppPrivateKey"]),
    ...incomplete(control, ["registry", "registryUser", "registryPassword"]),
  ];
  if (problems.length > 0) throw wrongArgs(title, problems);
  return control;
}

/** The Secret Flux clones with: https://fluxcd.io/flux/components/source/gitrepositories/#secret-reference */
function gitCredentials(control: PreviewControlSettings): k8s.core.v1.SecretArgs | undefined {
  const { namespace, gitSecretName, gitToken, githubAppId, githubAppInstallationId, githubAppPrivateKey } = control;
  const metadata = { name: gitSecretName, namespace };
  if (gitToken !== undefined) {
    // GitHub takes a token as password of any user; this name works for personal, app and workflow tokens.
    const stringData = { username: "x-access-token", password: pulumi.secret(gitToken) };
    return { metadata, type: "kubernetes.io/basic-auth", stringData };
  }
  if (githubAppId === undefined) return undefined;
  const { githubAppBaseUrl } = control;
  return {
    metadata,
    stringData: {
      githubAppID: githubAppId,
      githubAppInstallationID: githubAppInstallationId ?? "",
      githubAppPrivateKey: pulumi.secret(githubAppPrivateKey ?? ""),
      ...(githubAppBaseUrl === undefined ? {} : { githubAppBaseURL: githubAppBaseUrl }),
    },
  };
}
