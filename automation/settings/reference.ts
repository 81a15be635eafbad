import { allowedValues, settingsJsonSchema, type JsonSchema } from "./json-schema.ts";
import { settingSources, type SettingSource } from "./sources.ts";

/** A setting of previews.yaml as people read about it. */
export interface Setting {
  /** Its place: `route.host`; in a list of groups: `apps[].name`. */
  readonly key: string;
  readonly name: string;
  readonly kind: "value" | "group" | "list of groups";
  readonly meaning: string | undefined;
  /** What is allowed, in words. */
  readonly allowed: string | undefined;
  /** Undefined: it has none, or one that depends on other things. */
  readonly fallback: unknown;
  /** A value worth showing. */
  readonly sample: unknown;
  readonly source: SettingSource | undefined;
  /** Settings of a group, or of each group of a list. */
  readonly settings: readonly Setting[];
}

/** All settings, group by group, in the order of the schema. */
export function settingsReference(): readonly Setting[] {
  return settingsIn(settingsJsonSchema(), "");
}

/** A group before its settings, a list before those of its items. */
export function flat(settings: readonly Setting[]): readonly Setting[] {
  return settings.flatMap((setting) => [setting, ...flat(setting.settings)]);
}

function settingsIn(group: JsonSchema, prefix: string): Setting[] {
  return Object.entries(group.properties ?? {}).flatMap(([name, schema]) =>
    typeof schema === "object" ? [settingOf(name, schema, `${prefix}${name}`)] : [],
  );
}

function settingOf(name: string, schema: JsonSchema, key: string): Setting {
  const { description: meaning, default: fallback, properties, items } = schema;
  const item = typeof items === "object" && !Array.isArray(items) && items.properties ? items : undefined;
  return {
    key,
    name,
    kind: properties ? "group" : item ? "list of groups" : "value",
    meaning,
    allowed: allowedValues(schema),
    fallback,
    sample: schema.examples?.[0] ?? fallback,
    source: settingSources.find((source) => source.key === key),
    settings: item ? settingsIn(item, `${key}[].`) : settingsIn(schema, `${key}.`),
  };
}
