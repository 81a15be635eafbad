import { afterEach, describe, expect, test } from "vitest";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveInputsCommand, type ServeEvent } from "../../../automation/commands/serve-inputs.ts";
import { answerBody, inputsAnswer } from "../../../automation/serve/inputs-answer.ts";
import { serveSettings } from "../../../automation/serve/settings.ts";
import { plainPaint } from "../../../automation/report/table.ts";
import { decide } from "../../../automation/sync.ts";
import { pullRequest, release, sha } from "./samples.ts";
import { config, World } from "./world.ts";

const token = "0123456789abcdef";
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

interface Answer {
  readonly status: number;
  readonly ids: readonly string[];
  readonly shas: readonly string[];
  readonly error?: string | undefined;
}

/** An endpoint over a world, ended with the test. */
async function serve(world: World, rehearse: (name: string) => string | undefined = () => undefined) {
  const events: ServeEvent[] = [];
  let listens: (url: string) => void = () => undefined;
  const listening = new Promise<string>((resolve) => {
    listens = resolve;
  });
  world.settings = { ...world.settings, engine: "flux" };
  const ended = serveInputsCommand(
    { ...world.context, paint: plainPaint },
    {
      host: "127.0.0.1",
      port: 0,
      tls: undefined,
      token,
      rehearse: ({ spec }) => Promise.resolve(rehearse(`pr-${spec.number}`)),
      log: (event) => {
        events.push(event);
        if (event.event === "listening") listens(event.url);
      },
    },
  );
  const url = await listening;
  const end = async () => {
    world.interruption.abort();
    return ended;
  };
  endings.push(async () => {
    await end();
  });
  return {
    url,
    events,
    end,
    ask: async (headers: Record<string, string> = { authorization: `Bearer ${token}` }): Promise<Answer> => {
      const response = await fetch(url, { headers });
      const body = (await response.json()) as { inputs?: { id: string; sha: string }[]; error?: string };
      const { inputs = [], error } = body;
      return { status: response.status, ids: inputs.map(({ id }) => id), shas: inputs.map((one) => one.sha), error };
    },
  };
}

/** A world in which the previews of these pull requests are up. */
async function running(...numbers: readonly number[]): Promise<World> {
  const world = new World().add(...numbers.map((number) => pullRequest(number)));
  for (const number of numbers) {
    const { plan } = await decide({ ...world.context, config: { ...config, engine: "flux" } });
    const [action] = plan.actions.filter((one) => one.number === number);
    expect(action).toBeDefined();
    world.stacks.add(`pr-${number}`);
    world.objects.set(`pr-${number}`, {
      number,
      app: undefined,
      name: `pr-${number}`,
      repository: "acme/app",
      namespace: { terminating: false, createdAt: "2026-01-01T00:00:00Z" },
      release: release(number),
    });
  }
  return world;
}

describe("the endpoint of the inputs", () => {
  test("answers those who have the token, and nobody else", async () => {
    const { ask, url } = await serve(await running(41));
    expect(await ask()).toMatchObject({ status: 200, ids: ["pr-41"], shas: [sha("41")] });
    expect(await ask({})).toMatchObject({ status: 401, ids: [] });
    expect(await ask({ authorization: "Bearer wrong" })).toMatchObject({ status: 401 });
    expect((await fetch(url.replace("/inputs", "/healthz"))).status).toBe(200);
    expect((await fetch(url.replace("/inputs", "/other"))).status).toBe(404);
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
  });

  test("answers nothing, rather than too little, when something cannot be read", async () => {
    const world = await running(41, 42);
    const { ask } = await serve(world);
    world.broken.list = true;
    expect(await ask()).toMatchObject({
      status: 503,
      ids: [],
      error: expect.stringContaining("github.apiUrl") as string,
    });
    world.broken.list = false;
    world.broken.cluster = true;
    expect(await ask()).toMatchObject({ status: 503 });
    world.broken.cluster = false;
    expect(await ask()).toMatchObject({ status: 200, ids: ["pr-41", "pr-42"] });
  });

  test("leaves out a closed pull request, once that was read, and answers an empty list only then", async () => {
    const world = await running(41);
    const { ask } = await serve(world);
    world.add(pullRequest(41, { state: "closed" }));
    world.broken.reading = true;
    expect(await ask()).toMatchObject({ status: 503 });
    world.broken.reading = false;
    expect(await ask()).toMatchObject({ status: 200, ids: [] });
  });

  test("keeps what is held at the commit that it shows", async () => {
    const world = await running(41);
    world.add(pullRequest(41, { labels: ["preview", "preview-paused"], sha: sha("fed") }));
    const { ask } = await serve(world);
    expect(await ask()).toMatchObject({ status: 200, ids: ["pr-41"], shas: [sha("41")] });
  });

  test("keeps what is held of this repository under its former name, and touches no other's", async () => {
    const world = await running(41, 42);
    const paused = { labels: ["preview", "preview-paused"] };
    world.add(pullRequest(41, paused), pullRequest(42, paused));
    world.formerNames.add("acme/old");
    const called = (number: number, name: string) => {
      const object = world.objects.get(`pr-${number}`);
      if (object) world.objects.set(`pr-${number}`, { ...object, repository: name });
    };
    called(41, "acme/old");
    called(42, "acme/other");
    const { ask } = await serve(world);
    expect(await ask()).toMatchObject({ status: 200, ids: ["pr-41"] });
  });

  test("keeps what the brake keeps", async () => {
    const world = await running(41, 42);
    world.settings = { ...world.settings, maxDestroys: 1 };
    world.add(pullRequest(41, { state: "closed" }), pullRequest(42, { state: "closed" }));
    const { ask } = await serve(world);
    expect(await ask()).toMatchObject({ status: 200, ids: ["pr-41", "pr-42"] });
  });

  test("publishes no pull request that the cluster would refuse, and all the others", async () => {
    const world = await running(41);
    world.add(pullRequest(42));
    const { ask, events } = await serve(world, (name) => (name === "pr-42" ? 'ResourceQuota "pr-42": no' : undefined));
    expect(await ask()).toMatchObject({ status: 200, ids: ["pr-41"] });
    const problem = 'the input of pull request 42 ("pr-42"): ResourceQuota "pr-42": no';
    expect(events).toContainEqual({ event: "refused", problem });
  });

  test("tells on the pull request where it stands, and that it is gone", async () => {
    const world = await running(41);
    const { ask } = await serve(world);
    await ask();
    world.add(pullRequest(41, { state: "closed" }));
    await ask();
    world.objects.clear();
    world.stacks.clear();
    await ask();
    expect(world.told.at(-1)?.previews.map(({ phase }) => phase)).toEqual(["gone"]);
  });

  test("ends in good order", async () => {
    const { end, url } = await serve(await running(41));
    expect(await end()).toMatchObject({ exitCode: 0 });
    await expect(fetch(url)).rejects.toThrow();
  });
});

test("an answer is refused whole when it has an id twice, or is more than Flux Operator takes", async () => {
  const world = await running(41);
  const { plan } = await decide(world.context);
  const found = inputsAnswer(plan, { ...config, engine: "flux" });
  const inputs = found.kind === "inputs" ? found.inputs : [];
  expect(inputs).toHaveLength(1);
  expect(answerBody([...inputs, ...inputs])).toEqual({ problem: 'two inputs have the id "pr-41"' });
  const many = inputs.flatMap((one) =>
    Array.from({ length: 2000 }, (_, index) => ({ ...one, input: { ...one.input, id: `pr-${index}` } })),
  );
  expect(answerBody(many)).toMatchObject({ problem: expect.stringContaining("Flux Operator takes 921600") as string });
});

describe("its settings", () => {
  const given = { listen: "127.0.0.1:8080" };

  test.each([
    [given, { host: "127.0.0.1", port: 8080 }],
    [{ listen: "[::1]:0" }, { host: "::1", port: 0 }],
    [{ listen: "localhost:443" }, { host: "localhost", port: 443 }],
  ])("%j", async (flags, settings) => {
    expect(await serveSettings(flags, { PREVIEW_INPUTS_TOKEN: token })).toMatchObject({ ...settings, token });
  });

  test("the token may be in a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "token-"));
    try {
      writeFileSync(join(folder, "token"), `${token}\n`);
      expect(await serveSettings(given, { PREVIEW_INPUTS_TOKEN_FILE: join(folder, "token") })).toMatchObject({ token });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    [{ listen: "8080" }, {}, /--listen: "8080" is not an address and a port/],
    [{ listen: "127.0.0.1:70000" }, {}, /--listen/],
    [{ ...given, tlsCert: "cert.pem" }, {}, /--tls-cert, --tls-key: one of them is missing/],
    [{ ...given, tlsCert: "/nowhere/c", tlsKey: "/nowhere/k" }, {}, /--tls-cert: "\/nowhere\/c" cannot be read/],
    [given, { PREVIEW_INPUTS_TOKEN: "" }, /PREVIEW_INPUTS_TOKEN: is missing/],
    [given, { PREVIEW_INPUTS_TOKEN: "short" }, /too short/],
    [given, { PREVIEW_INPUTS_TOKEN_FILE: "/nowhere/t" }, /PREVIEW_INPUTS_TOKEN_FILE: "\/nowhere\/t" cannot be read/],
  ])("%j is refused", async (flags, env, message) => {
    await expect(serveSettings(flags, { PREVIEW_INPUTS_TOKEN: token, ...env })).rejects.toThrow(message);
  });
});
