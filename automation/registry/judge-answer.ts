import * as z from "zod";
import type { ImageState } from "./image-registry.ts";

/** What counts of a registry's answer to the question for a manifest. */
export interface ManifestAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  /** `Docker-Content-Digest` */
  readonly digest: string | undefined;
  readonly retryAfter: string | undefined;
  /** Empty in the answer to HEAD. */
  readonly body: string;
}

/** NOT_FOUND is Harbor's word for both (https://github.com/goharbor/harbor/issues/20764). */
const meansAbsent = ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"];
const errors = z.object({ errors: z.array(z.object({ code: z.string() })) });

/** Says what an answer proves. `who` is the registry's name, quoted in the reasons. */
export function judgeAnswer(answer: ManifestAnswer, who: string): ImageState {
  const { status, contentType = "nothing said of its type" } = answer;
  const unreadable = (reason: string): ImageState => ({ kind: "unreadable", reason: `"${who}" answered ${reason}` });
  if (status === 200) {
    const manifest =
      answer.digest !== undefined || /^application\/(?:[\w.+-]+\+)?(?:json|prettyjws)\b/i.test(contentType);
    return manifest ? { kind: "present" } : unreadable(`200, but with no manifest (${printable(contentType)})`);
  }
  const codes = errorCodes(answer.body);
  if (status === 404) {
    if (codes.some((code) => meansAbsent.includes(code))) return { kind: "absent" };
    return unreadable(
      `404${said(codes)}, but not as a registry does for a missing image: is this the registry's address?`,
    );
  }
  if (status === 429) {
    const wait = /^\d+$/.test(answer.retryAfter ?? "") ? `, wait ${answer.retryAfter ?? ""} s` : "";
    return unreadable(`429${said(codes)}: too many requests${wait}`);
  }
  return unreadable(`${status}${said(codes)}`);
}

function errorCodes(body: string): readonly string[] {
  try {
    // Codes are words in capitals. Anything else is text of the server's choice.
    return errors.parse(JSON.parse(body)).errors.flatMap(({ code }) => (/^[A-Z_]{1,40}$/.test(code) ? [code] : []));
  } catch {
    return [];
  }
}

const said = (codes: readonly string[]) => (codes.length > 0 ? ` (${[...new Set(codes)].join(", ")})` : "");
const printable = (text: string) => text.replace(/[^\w/.+; =-]/g, "").slice(0, 60);
