import { Ajv, type ValidateFunction } from "ajv";
import { readPayloadSchemas } from "../description.ts";

const names = [
  "webhook-ping",
  "webhook-push",
  "webhook-status",
  "webhook-issue-comment-created",
  ...["opened", "reopened", "closed", "edited", "synchronize", "labeled", "unlabeled"].map(
    (action) => `webhook-pull-request-${action}`,
  ),
];

/** Checks what goes out against GitHub's own description of it. Read at the first payload, compiled at the first of a kind. */
export class PayloadCheck {
  #schemas: ReadonlyMap<string, object> | undefined;
  readonly #compiled = new Map<string, ValidateFunction>();

  /** @returns what is wrong with a payload */
  violations(event: string, payload: Readonly<Record<string, unknown>>): readonly string[] {
    const { action } = payload;
    const name = ["webhook", event, ...(typeof action === "string" ? [action] : [])].join("-").replaceAll("_", "-");
    const check = this.#compiled.get(name) ?? this.#compile(name);
    this.#compiled.set(name, check);
    // What travels is JSON: a field that is undefined is not there.
    if (check(JSON.parse(JSON.stringify(payload)))) return [];
    return (check.errors ?? []).map(({ instancePath, message = "" }) => `${instancePath} ${message}`);
  }

  #compile(name: string): ValidateFunction {
    this.#schemas ??= readPayloadSchemas(names);
    const schema = this.#schemas.get(name);
    if (!schema) throw new Error(`there is no schema ${name}`);
    // Each is used a few times only: compiling must be quick, checking need not.
    const quick = { code: { optimize: false }, inlineRefs: false, validateSchema: false };
    return new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false, ...quick }).compile(schema);
  }
}
