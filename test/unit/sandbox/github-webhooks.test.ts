import { describe, expect, test } from "vitest";
import { delivery } from "../../../sandbox/github/webhooks/delivery.ts";
import { happenings, type Happening, type Seen } from "../../../sandbox/github/webhooks/happenings.ts";

type Pull = NonNullable<ReturnType<Seen["pullRequests"]["get"]>>;

const pull: Pull = { state: "open", sha: "a", title: "t", body: null, base: "main", labelIds: [1] };
const seen = (pulls: readonly Pull[], more: Partial<Seen> = {}): Seen => ({
  webhooks: new Set([9]),
  activities: new Set([1]),
  statuses: new Set(),
  comments: new Set(),
  pullRequests: new Map(pulls.map((one, index) => [41 + index, one])),
  ...more,
});

describe("what has happened between two looks", () => {
  const of = (action: string, more: object = {}) => ({ event: "pull_request", action, number: 41, ...more });
  test.each<[string, Seen, Seen, readonly object[]]>([
    ["nothing", seen([pull]), seen([pull]), []],
    ["a webhook", seen([]), seen([], { webhooks: new Set([9, 10]) }), [{ event: "ping", webhook: 10 }]],
    ["a push to a branch", seen([]), seen([], { activities: new Set([1, 2]) }), [{ event: "push", activity: 2 }]],
    ["a status", seen([]), seen([], { statuses: new Set([3]) }), [{ event: "status", status: 3 }]],
    [
      "a comment",
      seen([]),
      seen([], { comments: new Set([4]) }),
      [{ event: "issue_comment", action: "created", comment: 4 }],
    ],
    ["a new pull request with a label", seen([]), seen([pull]), [of("opened"), of("labeled", { label: 1 })]],
    ["a push to its head", seen([pull]), seen([{ ...pull, sha: "b" }]), [of("synchronize", { before: "a" })]],
    [
      "other labels",
      seen([pull]),
      seen([{ ...pull, labelIds: [2] }]),
      [of("labeled", { label: 2 }), of("unlabeled", { label: 1 })],
    ],
    [
      "another title and base",
      seen([pull]),
      seen([{ ...pull, title: "u", base: "next" }]),
      [of("edited", { was: { title: "t", base: "main" } })],
    ],
    ["its end", seen([pull]), seen([{ ...pull, state: "closed" }]), [of("closed")]],
    ["its return", seen([{ ...pull, state: "closed" }]), seen([pull]), [of("reopened")]],
  ])("%s", (_, before, after, expected) => {
    expect(happenings(before, after)).toEqual(expected as readonly Happening[]);
  });
});

describe("a delivery", () => {
  const subject = { event: "push", webhookId: 1, repositoryId: 2, payload: "Hello, World!" };

  test("is signed with the secret, over the body as it is sent", () => {
    const { headers, body } = delivery({ contentType: "json", secret: "It's a Secret to Everybody" }, subject);
    // As `printf %s BODY | openssl dgst -sha256 -hmac SECRET` has it.
    expect(body).toBe('"Hello, World!"');
    expect(headers["x-hub-signature-256"]).toBe(
      "sha256=ecddb501376a06b92925a01b186582f725fd94c50d692a1033f57a5358f96a03",
    );
  });

  test("without a secret is not signed", () => {
    const { headers, body } = delivery({ contentType: "json" }, subject, "an-id");
    expect(headers).not.toHaveProperty("x-hub-signature-256");
    expect(headers).toMatchObject({ "x-github-event": "push", "x-github-delivery": "an-id" });
    expect(body).toBe('"Hello, World!"');
  });

  test("can be a form", () => {
    const { headers, body } = delivery({ contentType: "form" }, { ...subject, payload: { a: "b c" } });
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(new URLSearchParams(body).get("payload")).toBe('{"a":"b c"}');
  });
});
