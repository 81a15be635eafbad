import { stringify } from "yaml";
import { flat, settingsReference, type Setting } from "./reference.ts";

interface Column {
  readonly title: string;
  readonly cell: (setting: Setting) => string;
}

const columns: readonly Column[] = [
  { title: "Setting", cell: ({ key }) => code(key) },
  { title: "Allowed", cell: ({ allowed }) => prose(allowed ?? "") },
  { title: "Default", cell: ({ fallback }) => (fallback === undefined ? "" : code(inline(fallback))) },
  { title: "Environment", cell: ({ source }) => (source?.env === undefined ? "" : code(source.env)) },
  { title: "Flag", cell: ({ source }) => (source?.flag === undefined ? "" : code(`--${source.flag}`)) },
  { title: "Meaning", cell: ({ meaning }) => prose(meaning ?? "") },
];

/** Every setting in tables of Markdown, one for each group. */
export function settingsTables(): string {
  const settings = settingsReference();
  const general = settings.filter(({ kind }) => kind === "value");
  const groups = settings.filter(({ kind }) => kind !== "value");
  const sections = groups.map((group) => {
    const meaning = group.kind === "group" && group.meaning !== undefined ? [prose(group.meaning)] : [];
    return [`### ${code(group.key)}`, ...meaning, table(flat([group]).filter(({ kind }) => kind !== "group"))];
  });
  return [["### General", table(general)], ...sections].flat().join("\n\n");
}

/** A column that would be empty is left out. */
function table(settings: readonly Setting[]): string {
  const shown = columns.filter(({ cell }) => settings.some((setting) => cell(setting) !== ""));
  const rows = [
    shown.map(({ title }) => title),
    shown.map(() => "---"),
    ...settings.map((setting) => shown.map(({ cell }) => cell(setting))),
  ];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function inline(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** Text for a cell: what stands in quotes is code, the rest is taken as it is. */
function prose(text: string): string {
  return text
    .split(/(`[^`]+`|"[^"]+")/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : part.replace(/[\\<*_|[\]]/g, "\\$&")))
    .join("");
}
