import { answerProblems, missingAnswers, settingsOf, type Answer, type Answers } from "../init/answers.ts";
import type { AnswerKey } from "../init/flags.ts";
import { nextSteps } from "../init/next-steps.ts";
import { answersAtHand, questions, type Ask } from "../init/questions.ts";
import { renderSettings } from "../init/render-settings.ts";
import { renderWorkflow, WORKFLOW_FILE } from "../init/render-workflow.ts";
import type { InitWorld } from "../init/world.ts";
import { ProblemsError, wrongSetting, type Problem } from "../problem.ts";
import { UserError, exitCodes } from "../user-error.ts";
import type { CommandResult } from "./command.ts";

export interface InitOptions {
  /** Flags by the name of {@link initFlags}, without dashes. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly output: string;
  /** Replace a file that is there. */
  readonly force: boolean;
  /** Ask for what no flag gave, if somebody is there to answer. */
  readonly ask: boolean;
  /** Write the workflow for GitHub Actions, too. */
  readonly workflow?: boolean;
  /** Where editors find the JSON schema. Default: in the installed package, if it is. */
  readonly schema?: string;
}

/** `previews init`: writes a commented previews.yaml, and a workflow if it is to. Needs neither a cluster nor a token. */
export async function initCommand(options: InitOptions, { env, project, ask }: InitWorld): Promise<CommandResult> {
  const { output, force } = options;
  const workflow = options.workflow === true ? [WORKFLOW_FILE] : [];
  const files = [output, ...workflow];
  for (const file of files) if (!force && (await project.has(file))) throw alreadyThere(file);
  const surroundings = await project.look();
  const { given, found } = answersAtHand(options.flags, env, surroundings);
  const answers = options.ask && ask ? await askForTheRest(given, found, ask) : new Map([...found, ...given]);
  refuse([...missingAnswers(answers), ...answerProblems(answers)]);

  const schema = options.schema ?? (await project.schemaFor(output));
  const text = renderSettings(answers, { remote: surroundings.remote, schema });
  if (!(await project.write(output, text, { replace: force }))) throw alreadyThere(output);
  for (const file of workflow) {
    const steps = renderWorkflow(answers, output === "previews.yaml" ? {} : { config: output });
    if (!(await project.write(file, steps, { replace: force, makeFolder: true }))) throw alreadyThere(file);
  }

  const next = nextSteps({ file: output, answers, env, completed: schema !== undefined });
  return {
    exitCode: exitCodes.converged,
    text: () => [`Wrote ${files.join(" and ")}. Next:`, ...next.map((step) => `  ${step}`)].join("\n"),
    json: { file: output, files, settings: settingsOf(answers), next },
  };
}

async function askForTheRest(given: Answers, found: Answers, ask: Ask): Promise<Answers> {
  // Whoever mistyped a flag is told before, not after all the questions.
  refuse(answerProblems(given));
  const answers = new Map<AnswerKey, Answer>(given);
  for (const question of questions(given, found)) {
    const text = await ask(question);
    if (text === undefined) {
      throw new UserError("interrupted; nothing was written", { exitCode: exitCodes.interrupted });
    }
    if (text !== "") answers.set(question.key, { text });
  }
  return answers;
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemsError(problems);
}

function alreadyThere(file: string): ProblemsError {
  return wrongSetting(
    file,
    "it is already there and was left as it is; add --force to replace it, or --output FILE to write another one",
  );
}
