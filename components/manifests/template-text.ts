/** One thing that is known only when the template is rendered. */
export interface Slot<Input> {
  /** What stands for it in the objects until then: text that occurs nowhere else. */
  readonly mark: string;
  /** An operand in Go's template language that gives its value. */
  readonly go: string;
  /** The same value, for those who have the input already. */
  readonly value: (input: Input) => unknown;
  /** How the value becomes JSON: `quote`, for a text, unless said otherwise. */
  readonly as?: "toJson";
}

const STRING = /"(?:[^"\\]|\\.)*"/g;

/** Between `<<` and `>>` Flux Operator expects an expression; between quotes, JSON can say both without them. */
const OPENS_OR_CLOSES = /[<>]/g;

/** What a YAML parser refuses, or may take for a line break; beyond U+FFFF it refuses nothing. */
const UNPRINTABLE = /[\u007f-\uffff]/gu;

/** An object as JSON that is a template of Flux Operator: marks become expressions, all else stands for itself. */
export function templateText(object: unknown, slots: readonly Slot<never>[]): string {
  return JSON.stringify(object, undefined, 2).replace(STRING, (literal) => {
    const parts = split(JSON.parse(literal) as string, slots);
    const [first] = parts;
    if (parts.every((part) => typeof part === "string")) return literalText(parts.join(""));
    if (parts.length === 1 && typeof first === "object") return `<< ${first.go} | ${first.as ?? "quote"} >>`;
    const operands = parts.map((part) => (typeof part === "string" ? literalText(part) : part.go));
    return `<< print ${operands.join(" ")} | quote >>`;
  });
}

/** The object that this template gives for an input. */
export function filled<Input>(data: unknown, slots: readonly Slot<Input>[], input: Input): unknown {
  if (typeof data === "string") return filledText(split(data, slots), input);
  if (Array.isArray(data)) return data.map((item) => filled(item, slots, input));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, filled(value, slots, input)]));
}

function filledText<Input>(parts: readonly (string | Slot<Input>)[], input: Input): unknown {
  const values = parts.map((part) => (typeof part === "string" ? part : part.value(input)));
  return values.length === 1 ? values[0] : values.map(String).join("");
}

/** A text cut where marks stand in it. Where two marks begin alike, the longer one is meant. */
function split<Input>(text: string, slots: readonly Slot<Input>[]): (string | Slot<Input>)[] {
  const found = slots
    .map((slot) => ({ slot, at: text.indexOf(slot.mark) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at || b.slot.mark.length - a.slot.mark.length)[0];
  if (found === undefined) return [text];
  const { slot, at } = found;
  const rest = text.slice(at + slot.mark.length);
  return [...(at === 0 ? [] : [text.slice(0, at)]), slot, ...(rest === "" ? [] : split(rest, slots))];
}

/** A text in quotes, valid as JSON, as YAML and in an expression. */
function literalText(text: string): string {
  return JSON.stringify(text).replace(OPENS_OR_CLOSES, escaped).replace(UNPRINTABLE, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
