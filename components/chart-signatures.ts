import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted, type Rule } from "./complete-args";
import { mapOf, rules, someOf } from "./rules";

/** Who must have signed a chart, with Sigstore's cosign. One of the two has to be given. */
export interface ProductionVerifyArgs {
  /**
   * Public keys, PEM, of which one must have signed (`cosign sign --key`). Needs no service but the registry.
   * Default: none, signatures are then keyless.
   */
  publicKeys?: pulumi.Input<string>[];
  /**
   * Identities of which one must have signed without a key (`cosign sign`), as Sigstore's public log knows them.
   * Without one, any identity counts, so that one must be given where there is no key. Default: none.
   */
  identities?: ProductionSignerArgs[];
}

/** A signer as the certificate of a keyless signature names it. Both are regular expressions of Go. */
export interface ProductionSignerArgs {
  /** Issuer of the identity, such as `^https://token\\.actions\\.githubusercontent\\.com$`. */
  issuer: pulumi.Input<string>;
  /** The identity, such as `^https://github\\.com/acme/app/\\.github/workflows/release\\.yaml@refs/tags/`. */
  subject: pulumi.Input<string>;
}

/** Either kind of signature, and not both: with keys, Flux does not look at identities. */
export const signatures: Rule = {
  allowed: "either publicKeys (each PEM) or identities (each an issuer and a subject), at least one",
  accepts: (value) => {
    if (!rules.object.accepts(value)) return false;
    const { publicKeys, identities, ...others } = value;
    if (Object.keys(others).length > 0 || (publicKeys === undefined) === (identities === undefined)) return false;
    return publicKeys === undefined ? someOf(signer).accepts(identities) : someOf(rules.publicKey).accepts(publicKeys);
  },
};

const signer: Rule = {
  allowed: "an object of issuer and subject",
  accepts: (value) =>
    mapOf(rules.nonEmpty).accepts(value) &&
    Object.keys(value as object)
      .sort()
      .join() === "issuer,subject",
};

/** The chart whose signatures are asked for: its app, and the namespace of its Flux objects. */
interface SignedChart {
  readonly appName: string;
  readonly controlNamespace: string;
  readonly verify?: ProductionVerifyArgs;
}

/** What Flux verifies, with the Secret of the keys it needs for it. Checked as soon as it is known. */
export function chartVerification(
  parent: pulumi.Resource,
  component: string,
  { appName, controlNamespace: namespace, verify }: SignedChart,
  control: pulumi.Resource,
): pulumi.Inputs | undefined {
  if (verify === undefined) return undefined;
  const known = pulumi
    .output(verify)
    .apply(accepted<pulumi.Unwrap<ProductionVerifyArgs>>(component, "verify", signatures));
  if (verify.publicKeys === undefined) {
    return { provider: "cosign", matchOIDCIdentity: known.apply(({ identities }) => identities ?? []) };
  }
  // Nothing about public keys is secret, but Flux reads them from the files of a Secret.
  const stringData = known.apply(({ publicKeys = [] }) =>
    Object.fromEntries(publicKeys.map((key, index) => [`key-${index + 1}.pub`, key])),
  );
  const metadata = { name: `${appName}-signature-keys`, namespace };
  const keys = new k8s.core.v1.Secret("signature-keys", { metadata, stringData }, { parent, dependsOn: [control] });
  return { provider: "cosign", secretRef: { name: keys.metadata.name } };
}
