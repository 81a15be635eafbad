import { Agent, request } from "node:http";
import { parentPort, workerData } from "node:worker_threads";
import type { Asked, LoopTarget } from "./request-loop.ts";

// Half of the requests go over connections that are kept, as browsers do it, half over new ones; none waits for another.
const { address, host, everyMs } = workerData as LoopTarget;
const kept = new Agent({ keepAlive: true });
let requests = 0;
let asked = nothingAsked();

setInterval(() => {
  void once(requests++ % 2 === 0 && kept);
}, everyMs);

parentPort?.on("message", () => {
  const { failures, bodies, ...rest } = asked;
  asked = nothingAsked();
  parentPort?.postMessage({ ...rest, failures, bodies: [...bodies] } satisfies Asked);
});

function nothingAsked(): { requests: number; failures: string[]; bodies: Set<string> } {
  return { requests: 0, failures: [], bodies: new Set() };
}

async function once(agent: Agent | false): Promise<void> {
  let failure: string | undefined;
  try {
    const { status, body } = await answer(agent);
    if (status === 200) asked.bodies.add(body);
    else failure = `${status} ${body}`;
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  asked.requests++;
  if (failure !== undefined) asked.failures.push(`${new Date().toISOString()} ${failure}`);
}

function answer(agent: Agent | false): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: address, path: "/", headers: { host }, agent, timeout: 10_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("error", reject).on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: body.trim() });
      });
    });
    call.on("timeout", () => call.destroy(new Error("no answer within 10 s")));
    call.on("error", reject).end();
  });
}
