import { execa } from "execa";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { git, gitEnvironment } from "../github/git-command.ts";
import { goEnvironment } from "../tools/go-build.ts";
import type { Job } from "./jobs.ts";
import { hasManifest } from "./registry.ts";

export interface PipelineOptions {
  readonly cloneUrl: string;
  /** Settings of git with which it may clone. */
  readonly access: Readonly<Record<string, string>>;
  /** "owner/name" of the application's repository, also the image's name in the registry. */
  readonly repository: string;
  /** "address:port", plain HTTP. */
  readonly registry: string;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** The commit cannot be built: its author must hear of it. Any other error is the machine's, and worth another try. */
export class BuildFailure extends Error {}

/** A generous limit for one program: the first build compiles Go's standard library. */
const limit = 10 * 60_000;
const user = "65532:65532";

/** Builds what a commit and its release tags ask for and the registry does not have yet. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #image: string;
  readonly #work: string;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#image = `${options.registry}/${options.repository}`;
    this.#work = join(options.folder, "work");
  }

  async isDone({ sha, release }: Job): Promise<boolean> {
    const { repository } = this.#options;
    if (release === undefined) return this.#has(repository, sha);
    return (await this.#has(repository, `v${release}`)) && (await this.#has(this.#chartName, release));
  }

  async run({ sha, release }: Job): Promise<void> {
    await rm(this.#work, { recursive: true, force: true });
    try {
      const source = await this.#checkOut(sha);
      const version = await appVersion(source);
      if (!(await this.#has(this.#options.repository, sha))) await this.#pushImage(source, sha, version);
      if (release !== undefined) await this.#pushRelease(source, sha, version, release);
    } finally {
      await rm(this.#work, { recursive: true, force: true });
    }
  }

  async #checkOut(sha: string): Promise<string> {
    const { cloneUrl, access, folder, signal } = this.#options;
    const mirror = join(folder, "repository.git");
    const source = join(this.#work, "source");
    const archive = join(this.#work, "source.tar");
    await mkdir(source, { recursive: true });
    if (!existsSync(mirror)) await git(folder, ["init", "--quiet", "--bare", mirror], { signal });
    await git(mirror, ["fetch", "--quiet", "--no-tags", "--depth=1", cloneUrl, sha], {
      env: gitEnvironment(access),
      signal,
    });
    await git(mirror, ["archive", `--output=${archive}`, sha], { signal });
    await this.#program("tar", ["--extract", `--file=${archive}`, `--directory=${source}`]);
    return source;
  }

  async #pushImage(source: string, sha: string, version: string): Promise<void> {
    const name = this.#options.repository.split("/")[1] ?? "app";
    const root = join(this.#work, "root");
    await mkdir(root);
    const stamps = `-s -w -X main.version=${version} -X main.commit=${sha.slice(0, 7)}`;
    const build = ["build", "-trimpath", "-buildvcs=false", `-ldflags=${stamps}`, "-o", join(root, name), "."];
    await this.#judge("go", build, { cwd: source, env: goEnvironment() });

    const layer = join(this.#work, "layer.tar");
    const sameEveryTime = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
    await this.#program("tar", ["--create", `--file=${layer}`, ...sameEveryTime, `--directory=${root}`, name]);

    // The commit's own tag appears last, on a complete image.
    const raw = `${this.#image}:build-${sha}`;
    await this.#crane(["append", "--oci-empty-base", "--new_layer", layer, "--new_tag", raw]);
    const platform = ["--set-platform", `linux/${process.arch === "x64" ? "amd64" : process.arch}`];
    const config = ["--entrypoint", `/${name}`, "--user", user, "--label", `org.opencontainers.image.revision=${sha}`];
    await this.#crane(["mutate", raw, ...platform, ...config, "--tag", `${this.#image}:${sha}`]);
  }

  async #pushRelease(source: string, sha: string, version: string, release: string): Promise<void> {
    if (release !== version) {
      throw new BuildFailure(`tag v${release} is on a commit whose helm/Chart.yaml has appVersion ${version}`);
    }
    await this.#crane(["tag", `${this.#image}:${sha}`, `v${release}`]);
    const chart = join(source, "helm");
    await this.#judge("helm", ["package", chart, "--version", release, "--destination", this.#work], {
      env: this.#helmEnvironment(),
    });
    const remote = `oci://${this.#options.registry}/${this.#chartName.split("/").slice(0, -1).join("/")}`;
    const [, name = ""] = this.#options.repository.split("/");
    await this.#program("helm", ["push", "--plain-http", join(this.#work, `${name}-${release}.tgz`), remote], {
      env: this.#helmEnvironment(),
    });
  }

  get #chartName(): string {
    const [owner = "", name = ""] = this.#options.repository.split("/");
    return `${owner}/charts/${name}`;
  }

  #has(name: string, tag: string): Promise<boolean> {
    return hasManifest(this.#options.registry, name, tag, this.#options.signal);
  }

  #crane(args: readonly string[]): Promise<void> {
    return this.#program("crane", ["--insecure", ...args], { env: { DOCKER_CONFIG: this.#work } });
  }

  /** Helm keeps its settings away from the user's. */
  #helmEnvironment(): Record<string, string> {
    const folder = (kind: string) => join(this.#work, "helm", kind);
    return { HELM_CACHE_HOME: folder("cache"), HELM_CONFIG_HOME: folder("config"), HELM_DATA_HOME: folder("data") };
  }

  /** Runs a program whose failure is the commit's fault. */
  async #judge(program: string, args: readonly string[], options: RunOptions): Promise<void> {
    try {
      await this.#program(program, args, options);
    } catch (error) {
      this.#options.signal.throwIfAborted();
      throw new BuildFailure(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  async #program(program: string, args: readonly string[], { cwd, env }: RunOptions = {}): Promise<void> {
    const { failed, exitCode, all, shortMessage } = await execa(program, args, {
      ...(cwd !== undefined && { cwd }),
      // The registry is on this machine: no proxy leads there.
      env: { ...env, NO_PROXY: "*", no_proxy: "*" },
      all: true,
      stdin: "ignore",
      reject: false,
      timeout: limit,
      cancelSignal: this.#options.signal,
      // go ends its compilers on SIGINT, and leaves them behind on SIGTERM.
      killSignal: "SIGINT",
    });
    if (!failed) return;
    const reason = exitCode === undefined ? shortMessage : all.trim();
    throw new Error(`${program} ${args[0] === "--insecure" ? (args[1] ?? "") : (args[0] ?? "")}: ${reason}`);
  }
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The version of the app at this commit; it ends up on a linker's command line, so only plain versions are taken. */
async function appVersion(source: string): Promise<string> {
  const text = await readFile(join(source, "helm", "Chart.yaml"), "utf8").catch(() => {
    throw new BuildFailure("helm/Chart.yaml is missing");
  });
  const version = readVersion(text);
  if (version === undefined)
    throw new BuildFailure("helm/Chart.yaml has no appVersion of digits, letters, dots and dashes");
  return version;
}

export function readVersion(chart: string): string | undefined {
  const { appVersion: version } = (parse(chart, { schema: "failsafe" }) ?? {}) as { appVersion?: unknown };
  return typeof version === "string" && /^[0-9A-Za-z][0-9A-Za-z.-]*$/.test(version) ? version : undefined;
}
