import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fullName, type Repository, type State } from "./model.ts";

/** Holds the state in memory and, after every change, in `state.json` of the data folder, unless it is not to save. */
export class Store {
  readonly state: State;
  readonly #file: string;
  readonly #saves: boolean;
  #revision = 0;

  constructor(dataFolder: string, saves = true) {
    this.#saves = saves;
    mkdirSync(dataFolder, { recursive: true });
    this.#file = join(dataFolder, "state.json");
    const stored = existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, "utf8")) as StoredState) : {};
    this.state = completeState(stored);
  }

  /** Another number after every change: what was read under an older one may be out of date. */
  get revision(): number {
    return this.#revision;
  }

  newId(): number {
    this.#revision++;
    return this.state.nextId++;
  }

  /** Replaces the file as a whole: a reader, or the next start after a kill, sees the old state or the new one. */
  save(): void {
    this.#revision++;
    if (!this.#saves) return;
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

type LaterFields = "formerNames" | "folder" | "activities" | "webhooks";
type StoredRepository = Omit<Repository, LaterFields> & Partial<Pick<Repository, LaterFields>>;
export type StoredState = Partial<Omit<State, "repositories">> & {
  readonly repositories?: readonly StoredRepository[];
};

/** The state in a file, which may be older than some of the fields. */
export function completeState(stored: StoredState): State {
  return {
    nextId: stored.nextId ?? 1001,
    accounts: stored.accounts ?? [],
    repositories: (stored.repositories ?? []).map((repository) => ({
      ...repository,
      formerNames: repository.formerNames ?? [],
      folder: repository.folder ?? fullName(repository),
      activities: repository.activities ?? [],
      webhooks: repository.webhooks ?? [],
    })),
    installations: stored.installations ?? [],
    installationTokens: stored.installationTokens ?? [],
  };
}
