/** Where a preview is asked, and for what. */
export interface UrlQuestion {
  /** Address of the gateway; undefined: where the host name resolves to. */
  readonly address: string | undefined;
  readonly host: string;
  /** Path with query. */
  readonly path: string;
  readonly sha: string;
}

/** What came of it. `unknown`: it could not be asked at all, since the host name leads nowhere. */
export type UrlAnswer =
  | { readonly kind: "answered" }
  | { readonly kind: "not yet"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

/** Asks a preview's URL once, as a visitor would. */
export interface UrlCheck {
  ask(question: UrlQuestion, signal: AbortSignal): Promise<UrlAnswer>;
}
