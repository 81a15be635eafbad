import { describe, expect, test } from "vitest";
import { PulumiFailure, describeFailure } from "../../../automation/engines/automation/pulumi-failure.ts";

const failure = (message: string, diagnostics: readonly string[] = [], cancelled = false) =>
  new PulumiFailure({ stack: "pr-41", diagnostics, cancelled, cause: new Error(message) });

describe("a failed Pulumi operation is told", () => {
  test("by what the engine said about each resource", () => {
    const told = describeFailure(
      failure("code: -2\n stdout: lots", [
        "Namespace pr-41: forbidden",
        "Namespace pr-41: forbidden",
        "update failed",
        "resource operation failed",
      ]),
    );
    expect(told).toBe("Namespace pr-41: forbidden");
  });

  test("by its diagnostics, without the arguments and the rest of the output", () => {
    const raw = [
      "code: -2",
      " stdout: ",
      " stderr: Command failed with exit code 255: pulumi up --yes --client=127.0.0.1:1 --secret hunter2",
      "Updating (pr-41):",
      "    +  kubernetes:core/v1:Namespace namespace creating",
      "Diagnostics:",
      "  pulumi:pulumi:Stack (previews-pr-41):",
      "    error: update failed",
      "  kubernetes:core/v1:Namespace (namespace):",
      "    error: forbidden",
      "        at Object.<anonymous> (/somewhere/file.js:1:1)",
      "Resources:",
      "    + 1 created",
    ].join("\n");
    const told = describeFailure(failure(raw));
    expect(told).toContain("error: forbidden");
    for (const hidden of ["hunter2", "--yes", "Updating", "+ 1 created", "file.js"]) expect(told).not.toContain(hidden);
  });

  test("by its error lines where there are no diagnostics", () => {
    const raw =
      "code: -2\n stdout: \n stderr: Command failed with exit code 255: pulumi up --yes\nerror: no space left";
    expect(describeFailure(failure(raw))).toBe("no space left");
  });

  test("without the command line where there is nothing else", () => {
    const raw = "code: -2\n stdout: \n stderr: Command failed with exit code 1: pulumi up --token hunter2\n err?: \n";
    expect(describeFailure(failure(raw))).toBe("the pulumi command failed");
  });

  test("as an interruption when it was one", () => {
    expect(describeFailure(failure("anything", ["error"], true))).toBe("interrupted; the next run completes it");
  });

  test("with the lock that is in the way, and how to remove it", () => {
    const raw = [
      " stderr: Command failed with exit code 255: pulumi up",
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete …",
      "  s3://bucket/.pulumi/locks/organization/previews/pr-41/5f0c.json?region=x: created by ci@runner (pid 123) at 2026-01-02T03:04:05Z",
    ].join("\n");
    expect(describeFailure(failure(raw))).toBe(
      "the stack is locked by process 123 of ci@runner since 2026-01-02T03:04:05Z " +
        "(s3://bucket/.pulumi/locks/organization/previews/pr-41/5f0c.json).\n" +
        "Another run is working on it, or was killed. If that process is gone: " +
        "pulumi cancel --yes --stack organization/previews/pr-41",
    );
  });

  test("as a wrong passphrase", () => {
    expect(describeFailure(new Error("error: incorrect passphrase, please set PULUMI_…"))).toContain(
      "PULUMI_CONFIG_PASSPHRASE_FILE",
    );
  });

  test("shortened when it is endless", () => {
    expect(describeFailure(failure("x", ["y".repeat(10_000)])).length).toBeLessThan(5000);
  });
});
