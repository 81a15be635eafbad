import type { RoutedAt } from "../../components/manifests/preview.ts";
import type { Observation, Preview } from "../model.ts";
import { table, type Cell, type Paint } from "./table.ts";

export interface ListedPreview {
  readonly number: number;
  readonly name: string;
  readonly sha: string | null;
  readonly branch: string | null;
  readonly url: string;
  /** Host header that reaches it at the gateway's address. */
  readonly host: string;
  readonly ready: boolean;
  readonly message: string;
  /** Namespace of the app; null when it is missing. */
  readonly namespace: string | null;
  /** Pulumi stack; null when it is missing. */
  readonly stack: string | null;
  readonly createdAt: string | null;
  readonly ageSeconds: number | null;
  /** ISO time; null: it does not expire. */
  readonly expiresAt: string | null;
}

export interface ListOptions {
  readonly repository: string;
  readonly routeOf: (preview: Preview) => RoutedAt;
  /** ISO times by the name of the preview. */
  readonly expiries: ReadonlyMap<string, string>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The previews of this repository that exist, whole or in part. */
export function listPreviews(observed: Observation, options: ListOptions): ListedPreview[] {
  const own = ({ repository }: Preview) =>
    repository === undefined || repository.toLowerCase() === options.repository.toLowerCase();
  return observed.previews.filter(own).map((preview) => listed(preview, options));
}

export function listTable(previews: readonly ListedPreview[], paint: Paint): string {
  if (previews.length === 0) return "No previews.";
  const expire = previews.some(({ expiresAt }) => expiresAt !== null);
  const rows = previews.map(({ name, sha, ready, message, ageSeconds, expiresAt, url }): Cell[] => [
    name,
    sha?.slice(0, 7) ?? "",
    ready ? ["good", "Ready"] : ["bad", "not Ready"],
    ageSeconds === null ? "" : age(ageSeconds),
    ...(expire ? [expiresAt?.replace(/:\d\d(\.\d+)?Z$/, "Z") ?? "never"] : []),
    ready ? url : message,
  ]);
  return table(["PREVIEW", "COMMIT", "STATE", "AGE", ...(expire ? ["EXPIRES"] : []), ""], rows, paint);
}

function listed(preview: Preview, { routeOf, expiries, now }: ListOptions): ListedPreview {
  const { number, name, stack, namespace, release } = preview;
  const { url, host } = routeOf(preview);
  const createdAt = namespace?.createdAt ?? release?.createdAt ?? null;
  const whole = stack !== false && namespace !== undefined && release !== undefined;
  return {
    number,
    name,
    sha: release?.sha ?? null,
    branch: release?.branch ?? null,
    url,
    host,
    ready: whole && release.ready && !namespace.terminating && !release.terminating,
    message: whole ? release.message : missing({ stack, namespace, release }),
    namespace: namespace ? name : null,
    stack: stack ? name : null,
    createdAt,
    expiresAt: expiries.get(name) ?? null,
    ageSeconds: createdAt === null ? null : Math.max(0, Math.round((now - Date.parse(createdAt)) / 1000)),
  };
}

function missing({ stack, namespace, release }: Pick<Preview, "stack" | "namespace" | "release">): string {
  const parts = [stack ? "" : "stack", namespace ? "" : "namespace", release ? "" : "HelmRelease"];
  return `missing: ${parts.filter((part) => part !== "").join(", ")}`;
}

function age(seconds: number): string {
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}
