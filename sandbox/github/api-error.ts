/** One entry of GitHub's `errors` list in a 422. */
export interface FieldError {
  readonly resource: string;
  readonly field?: string;
  readonly code: "missing" | "missing_field" | "invalid" | "already_exists" | "unprocessable" | "custom";
  readonly message?: string;
}

export interface ApiErrorDetails {
  readonly errors?: readonly (FieldError | string)[];
  /** Below https://docs.github.com/ */
  readonly documentation?: string;
  /** Further fields of the body. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that says no, as GitHub words it. */
export class ApiError extends Error {
  readonly status: number;
  readonly details: ApiErrorDetails;

  constructor(status: number, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }

  get errors(): ApiErrorDetails["errors"] {
    return this.details.errors;
  }

  get body(): Readonly<Record<string, unknown>> {
    return {
      message: this.message,
      ...(this.errors && { errors: this.errors }),
      ...this.details.fields,
      documentation_url: `https://docs.github.com/${this.details.documentation ?? "rest"}`,
      status: String(this.status),
    };
  }
}

/** The repository has another name by now; what was asked for is found below its id. */
export function moved(method: string, url: string): ApiError {
  const [status, message] = method === "GET" ? ([301, "Moved Permanently"] as const) : [307, "Temporary Redirect"];
  const documentation = "rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects";
  return new ApiError(status, message, { documentation, fields: { url }, headers: { location: url } });
}

export function notFound(): ApiError {
  return new ApiError(404, "Not Found");
}

export function badCredentials(): ApiError {
  return new ApiError(401, "Bad credentials");
}

export function requiresAuthentication(): ApiError {
  return new ApiError(401, "Requires authentication");
}

export function forbidden(message: string): ApiError {
  return new ApiError(403, message);
}

export function validationFailed(...errors: readonly FieldError[]): ApiError {
  return new ApiError(422, "Validation Failed", { errors });
}

/** A 422 whose reason is a sentence. */
export function refused(resource: string, message: string, field?: string): ApiError {
  return validationFailed({ resource, code: "custom", ...(field !== undefined && { field }), message });
}

/** The other form of a 422, which some operations have: only sentences. */
export function unprocessable(...sentences: readonly string[]): ApiError {
  return new ApiError(422, "Unprocessable Entity", { errors: sentences });
}
