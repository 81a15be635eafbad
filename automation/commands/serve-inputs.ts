import { Bulletin } from "../bulletin.ts";
import { specHash } from "../../components/manifests/preview.ts";
import type { Action, Plan } from "../model.ts";
import { ProblemsError } from "../problem.ts";
import { answerBody, inputsAnswer, type Publishable } from "../serve/inputs-answer.ts";
import { startInputsServer, type Answer, type Answered, type InputsServerOptions } from "../serve/inputs-server.ts";
import { decide } from "../sync.ts";
import { exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";

export interface ServeInputsOptions extends Pick<InputsServerOptions, "host" | "port" | "tls" | "token"> {
  /** Why a preview may not be published; undefined: it may. */
  readonly rehearse: (one: Pick<Publishable, "spec" | "about">, signal: AbortSignal) => Promise<string | undefined>;
  /** Told once it listens, and of every answer. */
  readonly log: (event: ServeEvent) => void;
}

export type ServeEvent =
  | { readonly event: "listening"; readonly url: string }
  | ({ readonly event: "answered" } & Answered)
  | { readonly event: "refused"; readonly problem: string };

/**
 * `previews serve-inputs`: the admitted pull requests as Flux Operator's ExternalService reads them, until it is
 * interrupted. Each question is answered by a look at everything; whoever asks meanwhile shares the answer.
 */
export async function serveInputsCommand(context: CommandContext, options: ServeInputsOptions): Promise<CommandResult> {
  const { signal } = context;
  const publisher = new Publisher(context, options);
  const server = await startInputsServer({
    ...options,
    answer: () => publisher.answer(),
    log: (answered) => {
      options.log({ event: "answered", ...answered });
    },
  });
  options.log({ event: "listening", url: server.url });
  await aborted(signal);
  await server.close();
  return { exitCode: exitCodes.converged, text: () => "Ended in good order.", json: { event: "ended" } };
}

class Publisher {
  readonly #context: CommandContext;
  readonly #options: ServeInputsOptions;
  /** What was found fit to be published. */
  readonly #fit = new Set<string>();
  /** Destroys whose previews were still there. */
  #going: readonly Action[] = [];
  #running: Promise<Answer> | undefined;

  constructor(context: CommandContext, options: ServeInputsOptions) {
    this.#context = context;
    this.#options = options;
  }

  answer(): Promise<Answer> {
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #look(): Promise<Answer> {
    const { config, ports, signal } = this.#context;
    try {
      const plan = await this.#plan();
      const found = inputsAnswer(plan, config);
      if (found.kind === "none") return { problem: found.reason };
      const inputs = await this.#fitOnes(found.inputs);
      for (const problem of found.refused) this.#options.log({ event: "refused", problem });
      await this.#tell(plan.actions);
      await ports.memory.save();
      const answer = answerBody(inputs);
      return "problem" in answer ? answer : { ...answer, inputs: inputs.length };
    } catch (error) {
      if (signal.aborted) return { problem: "it is being ended" };
      return { problem: error instanceof ProblemsError ? describe(error) : String(error) };
    }
  }

  async #plan(): Promise<Plan> {
    const { plan } = await decide(this.#context);
    // What seems another repository's may be ours from before it was renamed: only a full look asks for that.
    if (!plan.actions.some(({ foreign }) => foreign)) return plan;
    return (await decide(this.#context, { full: true })).plan;
  }

  /** Without those that the API server would refuse. One that runs is never left out: that would end it. */
  async #fitOnes(inputs: readonly Publishable[]): Promise<readonly Publishable[]> {
    const fit: Publishable[] = [];
    for (const one of inputs) {
      const key = `${one.name} ${one.spec.sha} ${specHash(one.spec)}`;
      const problem =
        one.settled || this.#fit.has(key) ? undefined : await this.#options.rehearse(one, this.#context.signal);
      if (problem === undefined) {
        this.#fit.add(key);
        fit.push(one);
        continue;
      }
      const text = `the input of pull request ${one.spec.number} ("${one.name}"): ${problem}`;
      if (one.runs) throw new Error(text);
      this.#options.log({ event: "refused", problem: text });
    }
    return fit;
  }

  /** Where each stands, on its pull request. What has gone since the last look is told as gone. */
  async #tell(actions: readonly Action[]): Promise<void> {
    const { ports, signal } = this.#context;
    const bulletin = new Bulletin(this.#context);
    const there = new Set(actions.flatMap(({ name, preview }) => (preview === undefined ? [] : [name])));
    for (const action of this.#going.filter(({ name }) => !there.has(name))) {
      const { number, name, reason } = action;
      bulletin.finish(action, { number, name, action: "destroy", ok: true, reason, ms: 0 }, undefined);
    }
    this.#going = actions.filter(({ kind }) => kind === "destroy");
    bulletin.open(actions.filter(({ kind }) => kind !== "destroy"));
    for (const problem of await ports.feedback.finish(signal)) this.#options.log({ event: "refused", problem });
  }
}

function describe({ problems }: ProblemsError): string {
  return problems.map(({ key, text }) => `${key}: ${text}`).join("; ");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}
