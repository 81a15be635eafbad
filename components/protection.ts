import type * as pulumi from "@pulumi/pulumi";

/**
 * For what must not go by accident: Pulumi refuses to delete or replace it until it is unprotected. The caller's own
 * `protect` counts, so that `new Flux("flux", {}, { protect: false })` makes a platform that can be thrown away.
 */
export function protection(opts: pulumi.ComponentResourceOptions | undefined): { readonly protect: boolean } {
  return { protect: opts?.protect ?? true };
}
