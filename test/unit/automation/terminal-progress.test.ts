import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Action } from "../../../automation/model.ts";
import { terminalProgress } from "../../../automation/progress/terminal-progress.ts";

const ROWS = 24;

function terminal() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: ROWS });
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

async function work(count: number): Promise<string> {
  const { stream, text } = terminal();
  const progress = terminalProgress(stream);
  const actions = Array.from({ length: count }, (_, index) => {
    const name = `pr-${index + 1}`;
    return { number: index + 1, app: undefined, name, kind: "create", reason: "it has the label" } as Action;
  });
  progress.start(actions);
  for (let round = 0; round < 5; round++) {
    for (const { name } of actions) progress.report(name, "waiting for Ready");
    await new Promise((wake) => setTimeout(wake, 50));
  }
  for (const { number, name } of actions) {
    progress.finish({ number, name, action: "create", ok: number !== 2, reason: "", ms: 1000, url: "http://x" });
  }
  await progress.stop();
  return text();
}

test("what fits on the screen is told while it goes on", async () => {
  const text = await work(3);
  expect(text).toContain("waiting for Ready");
  expect(text).toMatch(/pr-3.*http:\/\/x/);
});

test("hundreds are told as in a log: a line when one begins, and one when it ends", async () => {
  const lines = (await work(500)).trimEnd().split("\n");
  expect(lines).toHaveLength(1000);
  expect(lines[0]).toBe("pr-1: create: it has the label");
  expect(lines.slice(500, 502)).toEqual(["pr-1: create done after 1.0 s", "pr-2: create failed after 1.0 s"]);
});
