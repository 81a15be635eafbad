/**
 * The part of the Pulumi Kubernetes Operator's `Stack` (pulumi.com/v1) that the recipe uses, strict: what is not here is a
 * mistake. Written from its types, `operator/api/pulumi/shared/stack_types.go`, since no package carries its CRD; the
 * length of the name is a rule of the CRD itself.
 */
const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const object = (required: readonly string[], properties: Readonly<Record<string, object>>) => ({
  type: "object",
  required,
  properties,
  additionalProperties: false,
});

/** Where an environment variable's or a secret's value is read. */
const resourceRef = {
  ...object(["type"], {
    type: { enum: ["Env", "FS", "Secret", "Literal"] },
    secret: object(["name", "key"], { name: text, key: text, namespace: text }),
    literal: object(["value"], { value: text }),
  }),
  oneOf: [
    { properties: { type: { const: "Secret" } }, required: ["secret"] },
    { properties: { type: { const: "Literal" } }, required: ["literal"] },
  ],
};

export const pulumiStackSchema = object(["apiVersion", "kind", "metadata", "spec"], {
  apiVersion: { const: "pulumi.com/v1" },
  kind: { const: "Stack" },
  metadata: {
    type: "object",
    required: ["name", "namespace"],
    properties: { name: { type: "string", maxLength: 42 }, namespace: text },
  },
  spec: object(["stack"], {
    stack: text,
    backend: text,
    config: { type: "object", additionalProperties: text },
    envRefs: { type: "object", additionalProperties: resourceRef },
    fluxSource: object(["sourceRef"], {
      sourceRef: object(["apiVersion", "kind", "name"], { apiVersion: text, kind: text, name: text }),
      dir: text,
    }),
    serviceAccountName: text,
    destroyOnFinalize: flag,
    continueResyncOnCommitMatch: flag,
    retryOnUpdateConflict: flag,
    workspaceReclaimPolicy: { enum: ["Retain", "Delete"] },
    workspaceTemplate: object(["spec"], { spec: object([], { image: text }) }),
  }),
});
