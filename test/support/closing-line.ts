import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Closes a run with the names of all that was skipped, then `N passed, N failed, N skipped` alone on a line.
 * A file that fails outside its tests (an import, a hook) counts as one failure, so that the line never flatters.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })));
    const inState = (state: ReturnType<TestCase["result"]>["state"]) =>
      tests.filter(({ test }) => test.result().state === state);
    const skipped = inState("skipped");
    const brokenFiles = modules.filter(
      (module) => module.state() === "failed" && ![...module.children.allTests("failed")].length,
    );
    const failed = inState("failed").length + inState("pending").length + brokenFiles.length + unhandledErrors.length;

    const lines = skipped.map(({ module, test }) => {
      const reason = test.result().state === "skipped" ? (test.result() as { note?: string }).note : undefined;
      return `skipped: ${module.project.name} > ${test.fullName}${reason ? ` (${reason})` : ""}`;
    });
    lines.push(`${inState("passed").length} passed, ${failed} failed, ${skipped.length} skipped`);
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}
