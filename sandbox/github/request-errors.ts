import { notFound, validationFailed, type ApiError, type FieldError } from "./api-error.ts";

/** What a JSON schema validator says of one place; the part of ajv's error that is read here. */
export interface Violation {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string | undefined;
}

/**
 * Turns violations of GitHub's description into GitHub's answer: 404 for a path that cannot exist, 422 for the rest.
 * Query parameters the operation does not have are passed over, as GitHub does.
 */
export function requestError(operationId: string, violations: readonly Violation[]): ApiError | undefined {
  const serious = violations.filter((violation) => !isUnknownQuery(violation));
  if (serious.length === 0) return undefined;
  if (serious.some(({ instancePath }) => instancePath.startsWith("/path"))) return notFound();
  const resource = resourceOf(operationId);
  const errors = serious.map((violation) => fieldError(resource, violation));
  const seen = new Set<string>();
  return validationFailed(
    ...errors.filter(({ field = "", code }) => !seen.has(`${field} ${code}`) && seen.add(`${field} ${code}`)),
  );
}

/** One violation as text, for the log and for the answer 500. */
export function describeViolation({ instancePath, message, params }: Violation): string {
  return `${instancePath || "/"} ${message ?? "is wrong"} ${JSON.stringify(params)}`;
}

function isUnknownQuery({ instancePath, keyword }: Violation): boolean {
  return instancePath === "/query" && keyword === "additionalProperties";
}

function fieldError(resource: string, { instancePath, keyword, params, message }: Violation): FieldError {
  const place = instancePath.split("/").slice(2);
  const missing = keyword === "required" ? params["missingProperty"] : undefined;
  if (typeof missing === "string" && missing !== "requestBody") {
    return { resource, field: [...place, missing].join("."), code: "missing_field" };
  }
  return { resource, field: place.join("."), code: "invalid", message: message ?? "is invalid" };
}

/** GitHub names the kind of thing that was to be made or changed. */
function resourceOf(operationId: string): string {
  const [group = "", action = ""] = operationId.split("/");
  if (/label/.test(action)) return "Label";
  if (/comment/.test(action)) return "IssueComment";
  if (/deployment/.test(action)) return "Deployment";
  if (/commit-status/.test(action)) return "Status";
  if (/review/.test(action)) return "PullRequestReview";
  return { pulls: "PullRequest", issues: "Issue", git: "Reference", repos: "Repository" }[group] ?? "Request";
}
