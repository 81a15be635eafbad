import { Octokit } from "@octokit/rest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageBuilt } from "../../sandbox/line.ts";
import { ensureSomeTools } from "../../sandbox/tools/ensure-tools.ts";
import { startWorkshop, type Workshop } from "../../sandbox/workshop.ts";
import { sandboxObstacle } from "../support/machine.ts";

const repository = "den-vasyliev/kbot";
const silent = { start: () => undefined, done: () => undefined };

/** What the demo puts around a cluster that is not the sandbox's. */
describe.skipIf(sandboxObstacle() !== undefined)("the demo's git host, registry and CI", () => {
  let folder: string;
  let workshop: Workshop;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "workshop-"));
    const programs = await ensureSomeTools(["registry", "helm", "crane"], { progress: silent });
    expect(Object.keys(programs).sort()).toEqual(["crane", "helm", "registry"]);
    const ports = { git: await freePort(), registry: await freePort() };
    workshop = await startWorkshop({ address: "127.0.0.1", ports, folder, repository, programs });
  });

  afterAll(async () => {
    await workshop.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("build what is pushed: the release's chart, and the image of a pull request", async () => {
    const octokit = new Octokit({ baseUrl: workshop.env["GITHUB_API_URL"] ?? "", auth: workshop.env["GITHUB_TOKEN"] });
    const [owner = "", repo = ""] = repository.split("/");
    const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: 41 });
    await imageBuilt({ name: "workshop", env: workshop.env, output: () => undefined }, data.head.sha);
    const manifest = async (name: string) => {
      const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
      return (await fetch(`http://${workshop.registry}/v2/${name}`, { headers })).status;
    };
    expect(await manifest(`${repository}/manifests/${data.head.sha}`)).toBe(200);
    expect(await manifest("den-vasyliev/charts/kbot/manifests/2.3.0")).toBe(200);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
  await new Promise((closed) => server.close(closed));
  return port;
}
