/** GitHub says in a header of its refusal what would have been enough: `issues=write; pull_requests=write`. */
export function permissionsAskedFor(error: unknown): string {
  const response = error instanceof Error && "response" in error ? error.response : undefined;
  const headers =
    typeof response === "object" && response !== null && "headers" in response ? response.headers : undefined;
  const asked =
    typeof headers === "object" && headers !== null && "x-accepted-github-permissions" in headers
      ? headers["x-accepted-github-permissions"]
      : undefined;
  return typeof asked === "string" && asked !== "" ? `; GitHub asks for ${asked.replaceAll("; ", " or ")}` : "";
}
