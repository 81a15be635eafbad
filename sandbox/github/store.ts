import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { State } from "./model.ts";

/** Holds the state in memory and, after every change, in `state.json` of the data folder. */
export class Store {
  readonly state: State;
  readonly #file: string;

  constructor(dataFolder: string) {
    mkdirSync(dataFolder, { recursive: true });
    this.#file = join(dataFolder, "state.json");
    this.state = existsSync(this.#file)
      ? (JSON.parse(readFileSync(this.#file, "utf8")) as State)
      : { nextId: 1001, accounts: [], repositories: [] };
  }

  newId(): number {
    return this.state.nextId++;
  }

  /** Replaces the file as a whole: a reader, or the next start after a kill, sees the old state or the new one. */
  save(): void {
    const temporary = `${this.#file}.new`;
    const file = openSync(temporary, "w");
    try {
      writeSync(file, JSON.stringify(this.state));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.#file);
  }
}
