import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { lastLines } from "./last-lines.ts";
import type { ComponentRecord } from "./state.ts";
import { until } from "./until.ts";

/** One long-running program of the sandbox. */
export interface Component {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly ready: () => Promise<boolean>;
}

/**
 * Runs components and keeps the record of them. Nothing is restarted: a component that dies says so in the record, with the
 * end of its log, and the next `up` starts the whole again.
 */
export class Components {
  private readonly byName = new Map<string, ComponentRecord>([
    ["supervisor", { name: "supervisor", pid: process.pid, state: "ready" }],
  ]);

  /** `logs` is the folder of their output. */
  constructor(
    private readonly logs: string,
    private readonly changed: () => void,
  ) {}

  records(): readonly ComponentRecord[] {
    return [...this.byName.values()];
  }

  /** Starts one and waits until it is ready. Rejects when it ends before that. */
  async run(component: Component): Promise<void> {
    const { name, command } = component;
    const [program, ...args] = command;
    const log = await open(this.logOf(name), "a");
    const child = spawn(program, args, {
      env: { ...process.env, ...component.env },
      stdio: ["ignore", log.fd, log.fd],
    });
    const ended = new AbortController();
    const exit = new Promise<string>((resolve) => {
      child.once("error", (error) => {
        resolve(`could not be started: ${error.message}`);
      });
      child.once("exit", (code, signal) => {
        resolve(signal === null ? `ended with exit code ${code ?? "unknown"}` : `was ended by ${signal}`);
      });
    }).then(async (how) => {
      const error = `component "${name}" ${how}${await lastLines(this.logOf(name))}`;
      this.update({ name, pid: child.pid ?? 0, state: "exited", error });
      ended.abort(new Error(error));
    });
    await log.close();
    this.update({ name, pid: child.pid ?? 0, state: "starting" });
    const ready = until(`component "${name}" becoming ready`, component.ready, { seconds: 120, signal: ended.signal });
    await Promise.race([ready, exit]).catch(async (error: unknown) => {
      if (ended.signal.aborted) throw error;
      throw new Error(`${error instanceof Error ? error.message : String(error)}${await lastLines(this.logOf(name))}`, {
        cause: error,
      });
    });
    ended.signal.throwIfAborted();
    this.update({ name, pid: child.pid ?? 0, state: "ready" });
  }

  private update(record: ComponentRecord): void {
    this.byName.set(record.name, record);
    this.changed();
  }

  private logOf(name: string): string {
    return join(this.logs, `${name}.log`);
  }
}
