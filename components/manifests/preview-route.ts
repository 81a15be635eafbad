import { previewName } from "./preview-name";
import type { PreviewSpec } from "./preview-spec";

/** The address of a preview, in its parts. */
export interface RoutedAt {
  /** Host header that reaches the preview. */
  readonly host: string;
  /** Path prefix that reaches the preview. */
  readonly path: string;
  readonly url: string;
}

/** Where a preview answers. */
export function previewRoute(spec: Pick<PreviewSpec, "number" | "app" | "route">): RoutedAt {
  const name = previewName(spec);
  const { mode, host } = spec.route;
  const at = mode === "host" ? { host: `${name}.${host}`, path: "/" } : { host, path: `/${name}` };
  return { ...at, url: `http://${at.host}${at.path}` };
}
