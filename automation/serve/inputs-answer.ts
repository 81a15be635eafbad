import { admissionInput, type About } from "../../components/manifests/preview-set.ts";
import { admissionProblems } from "../../components/manifests/preview-set-problems.ts";
import type { AdmissionInput } from "../../components/manifests/preview-set-spec.ts";
import type { PreviewSpec } from "../../components/manifests/preview.ts";
import { appsOf } from "../apps.ts";
import type { Config } from "../config.ts";
import type { Action, Plan } from "../model.ts";
import { previewSet, previewSpec } from "../preview-spec.ts";

/** Flux Operator reads no longer answer: https://fluxoperator.dev/docs/crd/resourcesetinputprovider/ */
export const MAX_ANSWER_BYTES = 900 * 1024;

/** One input that is to be published, with what it renders to. */
export interface Publishable {
  readonly name: string;
  readonly spec: PreviewSpec;
  readonly about: About;
  readonly input: AdmissionInput;
  /** The preview is there and as this input says: nothing about it is new. */
  readonly settled: boolean;
  /** There is something of it in the cluster. */
  readonly runs: boolean;
}

/** Every input that the plan asks for; or why there can be no answer now, and the inputs of before are to stay. PURE. */
export type InputsAnswer =
  | {
      readonly kind: "inputs";
      readonly inputs: readonly Publishable[];
      /** Why previews that are not there yet are not published, one text each. */
      readonly refused: readonly string[];
    }
  | { readonly kind: "none"; readonly reason: string };

/** PURE. A preview that is there is left out only if the plan destroys it: left out by mistake, it would be destroyed too. */
export function inputsAnswer({ actions }: Plan, config: Config): InputsAnswer {
  const set = previewSet(config);
  const inputs: Publishable[] = [];
  const refused: string[] = [];
  for (const action of actions) {
    const wanted = wantedSpec(action, config);
    if (wanted === undefined) continue;
    const problems = "problem" in wanted ? [wanted.problem] : admissionProblems(set, wanted.spec, wanted.about);
    if (!("problem" in wanted) && problems.length === 0) {
      const { spec, about } = wanted;
      const input = admissionInput(spec, about);
      const runs = action.preview !== undefined;
      inputs.push({ name: action.name, spec, about, input, settled: isSettled(action), runs });
      continue;
    }
    const text = `the input of pull request ${action.number} ("${action.name}"): ${problems.join("; ")}`;
    if (action.preview !== undefined) return { kind: "none", reason: text };
    refused.push(text);
  }
  return { kind: "inputs", inputs, refused };
}

function isSettled({ kind }: Action): boolean {
  return kind === "keep" || kind === "hold";
}

/** What the input of a preview is to render to; undefined: there is to be none. */
function wantedSpec(
  { kind, name, app: appName, number, pullRequest, preview, foreign }: Action,
  config: Config,
): { readonly spec: PreviewSpec; readonly about: About } | { readonly problem: string } | undefined {
  // What is another engine's, or another repository's, has no input of ours.
  if (kind === "destroy" || foreign === true || preview?.otherEngine !== undefined) return undefined;
  const held = kind === "hold";
  if (held && preview === undefined) return undefined;
  if (pullRequest === undefined) return { problem: "its pull request could not be read" };
  const app = appsOf(config).find((one) => one.name === appName);
  if (app === undefined)
    return { problem: `the settings have no app "${String(appName)}"; previews destroy ${number} ends "${name}"` };
  const { author, title, labels } = pullRequest;
  const about = { author, title, labels };
  if (!held) return { spec: previewSpec(config, pullRequest, app), about };
  const { release } = preview ?? {};
  if (!release || release.sha === "") return { problem: "it does not say which commit it shows" };
  const shown = { ...pullRequest, head: { ...pullRequest.head, sha: release.sha, branch: release.branch } };
  return { spec: previewSpec(config, shown, app), about };
}

/** The answer as Flux Operator reads it. A text says why it may not be given. PURE. */
export function answerBody(inputs: readonly Publishable[]): { readonly body: string } | { readonly problem: string } {
  const ids = inputs.map(({ input }) => input.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return { problem: `two inputs have the id "${twice}"` };
  const body = JSON.stringify({ inputs: inputs.map(({ input }) => input) });
  const bytes = Buffer.byteLength(body);
  if (bytes <= MAX_ANSWER_BYTES) return { body };
  return { problem: `${inputs.length} inputs are ${bytes} bytes; Flux Operator takes ${MAX_ANSWER_BYTES}` };
}
