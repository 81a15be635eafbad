import type { CustomObject } from "./kubernetes-object";
import { HELM_RELEASE } from "./preview-delivery";
import { LABEL_PREFIX, MANAGED_BY } from "./preview-metadata";
import { repositoryLabel } from "./label-value";
import { PREVIEW_SET_LABEL } from "./preview-set";
import type { GitHubReading, PreviewSetFeedback, PreviewSetSpec } from "./preview-set-spec";

const NOTIFICATION_API = "notification.toolkit.fluxcd.io/v1beta3";

export const NOTIFICATION_PROVIDER = { apiVersion: NOTIFICATION_API, kind: "Provider" } as const;

export const NOTIFICATION_ALERT = { apiVersion: NOTIFICATION_API, kind: "Alert" } as const;

/** Where Flux's notification controller tells about previews: a comment on the pull request, or a status of its commit. */
export function notificationProvider(
  set: PreviewSetSpec,
  { url, secretName, certSecretName }: GitHubReading,
  feedback: Exclude<PreviewSetFeedback, "none">,
): CustomObject {
  return {
    ...NOTIFICATION_PROVIDER,
    metadata: metadata(set),
    spec: {
      type: feedback === "comment" ? "githubpullrequestcomment" : "github",
      address: url,
      secretRef: { name: secretName },
      ...(certSecretName === undefined ? {} : { certSecretRef: { name: certSecretName } }),
      // A status that Flux sets has no link: its name is the one place where the URL is seen.
      ...(feedback === "status" ? { commitStatusExpr: `"preview " + event.metadata["preview-url"]` } : {}),
    },
  };
}

/** What it tells: everything that happens to the releases of the set's previews. */
export function notificationAlert(set: PreviewSetSpec): CustomObject {
  const { name, preview } = set;
  const ours = {
    "app.kubernetes.io/managed-by": MANAGED_BY,
    [`${LABEL_PREFIX}/engine`]: "flux",
    [`${LABEL_PREFIX}/repository`]: repositoryLabel(preview.repository),
  };
  return {
    ...NOTIFICATION_ALERT,
    metadata: metadata(set),
    spec: {
      providerRef: { name },
      eventSeverity: "info",
      eventSources: [{ kind: HELM_RELEASE.kind, name: "*", matchLabels: ours }],
    },
  };
}

function metadata({ name, preview }: PreviewSetSpec): CustomObject["metadata"] {
  return {
    name,
    namespace: preview.controlNamespace,
    labels: { "app.kubernetes.io/managed-by": MANAGED_BY, [PREVIEW_SET_LABEL]: name },
    annotations: {},
  };
}
