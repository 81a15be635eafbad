import { isGroup, type Group } from "./group.ts";
import { settingSources } from "./sources.ts";

type Values = Readonly<Record<string, string | undefined>>;

export interface GivenSettings {
  readonly settings: Group;
  /** Where a setting comes from, if not from the file: a variable's name or a flag. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Puts the environment over the file and the flags over both. */
export function overlay(file: Group, { env, flags }: { readonly env: Values; readonly flags: Values }): GivenSettings {
  const settings = structuredClone(file);
  const origins = new Map<string, string>();
  for (const source of settingSources) {
    const fromFlag = source.flag === undefined ? undefined : flags[source.flag];
    // An empty variable counts as unset, as in a shell's ${VAR:-}; an empty flag is a mistake.
    const fromEnv = source.env === undefined ? undefined : env[source.env] || undefined;
    const value = fromFlag ?? fromEnv;
    if (value === undefined) continue;
    if (!assign(settings, source.key.split("."), source.number && /^[0-9]+$/.test(value) ? Number(value) : value))
      continue;
    origins.set(source.key, fromFlag === undefined ? String(source.env) : `--${String(source.flag)}`);
  }
  return { settings, origins };
}

// False where the file has something else than a group on the way: the schema reports that.
function assign(settings: Group, path: readonly string[], value: unknown): boolean {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    settings[key] = value;
    return true;
  }
  const group = (settings[key] ??= {});
  return isGroup(group) && assign(group, rest, value);
}
