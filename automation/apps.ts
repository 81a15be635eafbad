import { duration } from "./duration.ts";
import type { Policy } from "./model.ts";
import type { AppSettings, FileSettings } from "./settings/schema.ts";

/** One app of the repository. The only one has no name and no settings of its own. */
export interface App {
  readonly name: string | undefined;
  readonly settings: AppSettings | undefined;
}

/** The app of a repository that has one. */
export const onlyApp: App = { name: undefined, settings: undefined };

export function appsOf({ apps }: Pick<FileSettings, "apps">): readonly App[] {
  if (apps.length === 0) return [onlyApp];
  return apps.map((settings) => ({ name: settings.name, settings }));
}

/** What decides about the previews of one app. */
export function policyOf({ label, admission }: Pick<FileSettings, "label" | "admission">, { settings }: App): Policy {
  const { ttl, files, image } = admission;
  return {
    ...admission,
    label,
    files: settings?.files ?? files,
    image: settings?.image ?? image,
    ttlSeconds: ttl === undefined ? undefined : duration(ttl),
  };
}
