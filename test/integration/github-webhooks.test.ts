import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { here, refusal, startGitHub, type GitHubWorld } from "./github-world.ts";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly payload: { readonly action?: string; readonly [key: string]: unknown };
}

const secret = "the secret of the webhook";
let world: GitHubWorld;
let receiver: Server;
let url: string;
let status = 200;
const received: Received[] = [];

beforeAll(async () => {
  world = await startGitHub({});
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      received.push({ headers: request.headers, body, payload: JSON.parse(body) as Received["payload"] });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook/0123`;
});

afterEach(async () => {
  const { data } = await world.maintainer.rest.repos.listWebhooks(here);
  for (const { id } of data) await world.maintainer.rest.repos.deleteWebhook({ ...here, hook_id: id });
  received.length = 0;
  status = 200;
  expect(wrong()).toEqual([]);
});

afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await world.stop();
});

const register = (events: string[], config: object = {}) =>
  world.maintainer.rest.repos.createWebhook({
    ...here,
    events,
    config: { url, content_type: "json", secret, ...config },
  });
const told = () =>
  received.map(({ headers, payload: { action } }) =>
    [headers["x-github-event"], ...(action === undefined ? [] : [action])].join(" "),
  );
/** In whatever order, as on GitHub. */
const arrives = (...events: string[]) =>
  expect.poll(() => told().toSorted(), { timeout: 10_000 }).toEqual(events.toSorted());
/** What the host itself finds wrong with what it does. */
const wrong = () => world.log.filter((line) => line.startsWith("violation") || line.startsWith("error"));
const last = (event: string) => received.findLast(({ headers }) => headers["x-github-event"] === event)?.payload;

describe("a webhook", () => {
  test("is told of what happens to pull requests, each thing once and signed", async () => {
    await register(["pull_request", "push", "status", "issue_comment"]);
    await arrives("ping");
    const number = await world.open("hooked");
    await arrives("ping", "push", "pull_request opened");
    await world.maintainer.rest.issues.addLabels({ ...here, issue_number: number, labels: ["preview"] });
    const sha = await world.push("hooked");
    await arrives("ping", "push", "pull_request opened", "pull_request labeled", "push", "pull_request synchronize");
    const synchronize = received.find(({ payload }) => payload.action === "synchronize");
    expect(synchronize?.payload).toMatchObject({
      number,
      after: sha,
      pull_request: { head: { sha } },
      sender: { login: "maintainer" },
    });

    received.length = 0;
    await world.maintainer.rest.repos.createCommitStatus({ ...here, sha, state: "success", context: "ci" });
    await world.contributor.rest.issues.createComment({ ...here, issue_number: number, body: "/preview" });
    await world.maintainer.rest.pulls.update({ ...here, pull_number: number, title: "Another title" });
    await world.maintainer.rest.issues.removeLabel({ ...here, issue_number: number, name: "preview" });
    await world.maintainer.rest.pulls.merge({ ...here, pull_number: number });
    await arrives(
      "status",
      "issue_comment created",
      "pull_request edited",
      "pull_request unlabeled",
      "push",
      "pull_request closed",
    );
    expect(last("issue_comment")).toMatchObject({ sender: { login: "contributor" }, comment: { body: "/preview" } });
    const of = (action: string) => received.find(({ payload }) => payload.action === action)?.payload;
    expect(of("edited")).toMatchObject({ changes: { title: { from: "Change hooked" } } });
    expect(of("closed")).toMatchObject({ pull_request: { merged: true } });
    for (const { headers, body } of received) {
      const signature = createHmac("sha256", secret).update(body).digest("hex");
      expect(headers["x-hub-signature-256"]).toBe(`sha256=${signature}`);
      expect(headers["content-type"]).toBe("application/json");
    }
    expect(new Set(received.map(({ headers }) => headers["x-github-delivery"])).size).toBe(received.length);
  });

  test("is told only what it asked for, and nothing while it is off", async () => {
    const { data } = await register(["status"]);
    const sha = await world.push("quiet");
    await world.maintainer.rest.repos.updateWebhook({ ...here, hook_id: data.id, active: false });
    await world.maintainer.rest.repos.createCommitStatus({ ...here, sha, state: "pending", context: "off" });
    await world.maintainer.rest.repos.updateWebhook({ ...here, hook_id: data.id, active: true, add_events: ["push"] });
    await world.push("quiet");
    await arrives("ping", "push");
  });

  test("keeps its secret to itself, and its last answer for everybody who may ask", async () => {
    status = 503;
    const { data } = await register(["push"]);
    expect(data).toMatchObject({ active: true, config: { url, content_type: "json", secret: "********" } });
    const get = async () => (await world.maintainer.rest.repos.getWebhook({ ...here, hook_id: data.id })).data;
    await expect.poll(async () => (await get()).last_response).toMatchObject({ code: 503 });
    expect(JSON.stringify(await get())).not.toContain(secret);
  });

  test("that nobody answers at stops nothing", async () => {
    const { data } = await register(["push"], { url: "http://127.0.0.1:9/hook" });
    await world.push("nobody");
    const get = async () => (await world.maintainer.rest.repos.getWebhook({ ...here, hook_id: data.id })).data;
    await expect
      .poll(async () => (await get()).last_response)
      .toMatchObject({ code: null, status: "connection_error" });
    expect(received).toEqual([]);
  });

  test("outlives the host, and is not told again of what it was", async () => {
    await register(["push"]);
    await arrives("ping");
    await world.restart();
    await world.push("after");
    await arrives("ping", "push");
  });

  test.each([
    [
      "a URL that nobody could post to",
      { config: { url: "ftp://example.com/hook" } },
      "url is not one that can be posted to",
    ],
    ["an event that cannot be", { events: ["Push!"] }, "The following events are invalid: Push!"],
  ])("with %s is refused", async (_, given, reason) => {
    const body = JSON.stringify({ config: { url }, ...given });
    const answer = await world.ask("/repos/acme/app/hooks", { method: "POST", body });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ message: "Validation Failed", errors: [{ message: reason }] });
  });

  test("is an administrator's business", async () => {
    expect((await refusal(world.contributor.rest.repos.listWebhooks(here))).status).toBe(403);
    await register(["push"]);
    expect((await refusal(register(["push"]))).status).toBe(422);
  });
});
