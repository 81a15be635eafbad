import type { Violation } from "../../model.ts";
import { resourceName } from "./engine-events.ts";

/** What a policy pack finds in one job: its rules are run before the engine runs it, and what is known is not told again. */
export class Findings {
  readonly #tell: (violation: Violation) => void;
  readonly #known = new Set<string>();

  constructor(tell: (violation: Violation) => void) {
    this.#tell = tell;
  }

  byRules(violation: Violation, urn: string | undefined): void {
    this.#known.add(about(violation, urn));
    this.#tell(violation);
  }

  byEngine(violation: Violation, urn: string | undefined): void {
    const key = about(violation, urn);
    // An update that is tried again finds the same again.
    const same = `${key}: ${violation.problem}`;
    if (this.#known.has(key) || this.#known.has(same)) return;
    this.#known.add(same);
    this.#tell(violation);
  }
}

/** The engine's URN of a resource names more of its parents than the one that a program without an engine gets. */
function about({ rule }: Violation, urn: string | undefined): string {
  return `${rule} ${urn === undefined ? "" : resourceName(urn)}`;
}
