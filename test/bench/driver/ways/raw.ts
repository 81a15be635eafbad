import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { PreviewSpec } from "../../../../components/manifests/preview.ts";
import { projectRoot } from "../../../../sandbox/paths.ts";
import type { Bench } from "../bench-world.ts";

const previewProject = join(projectRoot, "stacks/preview");

/** `stacks/preview` by hand, with the Pulumi CLI. */
export class RawPulumi {
  readonly #bench: Bench;
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(bench: Bench, folder: string, env: Readonly<Record<string, string>>) {
    this.#bench = bench;
    this.#folder = folder;
    this.#env = env;
  }

  /** The project of the checkout, with its stack settings elsewhere: they are written beside its Pulumi.yaml. */
  static async open(bench: Bench, env: Readonly<Record<string, string>> = {}): Promise<RawPulumi> {
    const folder = join(bench.world.folder, "raw");
    await mkdir(folder, { recursive: true });
    const project = parse(await readFile(join(previewProject, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;
    const settings = { ...project, name: bench.config.pulumi.project, main: join(previewProject, "index.ts") };
    await writeFile(join(folder, "Pulumi.yaml"), stringify(settings));
    return new RawPulumi(bench, folder, env);
  }

  initStack(name: string): Promise<void> {
    return this.#pulumi("stack", "init", name);
  }

  /** Gives the stack the settings that make its preview this one. */
  async configure(name: string, spec: PreviewSpec): Promise<void> {
    const { project } = this.#bench.config.pulumi;
    const values = {
      repository: spec.repository,
      sha: spec.sha,
      branch: spec.branch,
      sourceUrl: spec.source.url,
      kubeconfig: this.#bench.world.env["KUBECONFIG"],
      timeout: `${this.#bench.config.timeoutSeconds}s`,
    };
    const file = join(this.#folder, `Pulumi.${name}.yaml`);
    const stack = parse(await readFile(file, "utf8")) as Record<string, unknown>;
    const settings = Object.fromEntries(Object.entries(values).map(([key, value]) => [`${project}:${key}`, value]));
    await writeFile(file, stringify({ ...stack, config: settings }));
  }

  up(name: string): Promise<void> {
    return this.#pulumi("up", "--skip-preview", "--yes", "--stack", name);
  }

  destroy(name: string): Promise<void> {
    return this.#pulumi("destroy", "--skip-preview", "--yes", "--stack", name);
  }

  removeStack(name: string): Promise<void> {
    return this.#pulumi("stack", "rm", "--yes", "--stack", name);
  }

  #pulumi(...args: readonly string[]): Promise<void> {
    return this.#bench.run("pulumi", [...args, "--non-interactive", "--cwd", this.#folder], this.#env);
  }
}
