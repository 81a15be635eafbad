import { execa } from "execa";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../sandbox/paths.ts";
import { ensureToolOnDemand } from "../../sandbox/tools/ensure-tools.ts";

let program: string;
beforeAll(async () => {
  program = await ensureToolOnDemand("actionlint", {
    progress: { start: () => undefined, done: () => undefined },
  });
});

/** What actionlint finds, a line for each. Programs that it can call for scripts may be on one machine and not on another. */
async function findings(folder: string): Promise<string> {
  const { stdout, stderr } = await execa(program, ["-shellcheck=", "-pyflakes=", "-oneline", "-no-color"], {
    cwd: folder,
    reject: false,
  });
  return stdout + stderr;
}

async function withRepository<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "workflows-"));
  try {
    // Below the folder that git calls a repository is where workflows are looked for.
    await execa("git", ["init", "--quiet", folder]);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("workflows, as actionlint sees them", () => {
  test("the example's have nothing wrong", async () => {
    const found = await withRepository(async (folder) => {
      await execa("cp", ["-r", join(projectRoot, "examples/app/.github"), folder]);
      return findings(folder);
    });
    expect(found).toBe("");
  });

  test("what is wrong is found", async () => {
    const found = await withRepository(async (folder) => {
      await execa("mkdir", ["-p", join(folder, ".github/workflows")]);
      const job = [
        "runs-on: ubuntu-24.04",
        "permision: {}",
        "steps:",
        "  - run: echo ${{ github.event.pull_request.title }}",
      ];
      const text = ["on: pull_request", "jobs:", "  one:", ...job.map((line) => `    ${line}`), ""].join("\n");
      await writeFile(join(folder, ".github/workflows/wrong.yaml"), text);
      return findings(folder);
    });
    expect(found).toContain('unexpected key "permision"');
    expect(found).toContain('"github.event.pull_request.title" is potentially untrusted');
  });
});
