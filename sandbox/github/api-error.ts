/** One entry of GitHub's `errors` list in a 422. */
export interface FieldError {
  readonly resource: string;
  readonly field?: string;
  readonly code: "missing" | "missing_field" | "invalid" | "already_exists" | "unprocessable" | "custom";
  readonly message?: string;
}

/** An answer that says no, as GitHub words it. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly (FieldError | string)[] | undefined;

  constructor(status: number, message: string, errors?: readonly (FieldError | string)[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }

  get body(): Readonly<Record<string, unknown>> {
    return {
      message: this.message,
      ...(this.errors && { errors: this.errors }),
      documentation_url: "https://docs.github.com/rest",
      status: String(this.status),
    };
  }
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
  return new ApiError(422, "Validation Failed", errors);
}

/** A 422 whose reason is a sentence. */
export function refused(resource: string, message: string, field?: string): ApiError {
  return validationFailed({ resource, code: "custom", ...(field !== undefined && { field }), message });
}

/** The other form of a 422, which some operations have: only sentences. */
export function unprocessable(...sentences: readonly string[]): ApiError {
  return new ApiError(422, "Unprocessable Entity", sentences);
}
