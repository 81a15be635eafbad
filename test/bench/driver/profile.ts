import { watch } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { openPorts } from "../../../automation/ports.ts";
import { previewName } from "../../../components/manifests/preview.ts";
import { findProgram } from "../../../sandbox/tools/find-program.ts";
import { commit, specOf, type Bench } from "./bench-world.ts";
import type { Profile, ProfileEvent } from "./report.ts";
import { RawPulumi } from "./ways/raw.ts";

/** Programs whose start and end are noted. */
const programs = ["pulumi", "pulumi-resource-kubernetes", "pulumi-language-nodejs"] as const;

/** What happened, at milliseconds since 1970. */
interface Noted {
  readonly at: number;
  readonly tookMs?: number;
  readonly what: string;
}

/**
 * Where the time goes: one preview made and taken away by jobs in a warm worker, and by hand. Programs are noted by scripts in
 * front of them, requests by the API server, writes of the state by watching its folder, the engine's own steps by what it
 * tells the job.
 */
export async function profile(bench: Bench): Promise<readonly Profile[]> {
  const log = join(bench.world.folder, "programs.log");
  const path = [await notingPrograms(bench, log), bench.world.env["PATH"]].join(delimiter);
  const observed: Observed = (observation, work) => observe(bench, log, observation, work);
  return [...(await jobs(bench, path, observed)), ...(await byHand(bench, path, observed))];
}

interface Observation {
  readonly name: string;
  readonly stack: string;
}

type Tell = (what: string) => void;
type Observed = (observation: Observation, work: (tell: Tell) => Promise<unknown>) => Promise<Profile>;

async function jobs(bench: Bench, path: string, observed: Observed): Promise<readonly Profile[]> {
  bench.tell("profile: jobs in a warm worker");
  const { engine } = await openPorts(bench.config, { ...bench.world.env, PATH: path });
  const run = (tell: Tell) => ({
    signal: bench.signal,
    progress: (what: string) => {
      tell(`engine: ${what}`);
    },
  });
  const create = (number: number, tell: Tell) => {
    const spec = specOf(bench, number, commit(number, 1));
    const request = { name: previewName(spec), spec, exists: false, refresh: false, adopt: false };
    return engine.deploy(request, run(tell));
  };
  try {
    await create(2001, () => undefined);
    const stack = previewName({ number: 2002 });
    return [
      await observed({ name: "create by a job in a warm worker", stack }, (tell) => create(2002, tell)),
      await observed({ name: "destroy by a job in a warm worker", stack }, (tell) =>
        engine.destroy({ name: stack, careful: false }, run(tell)),
      ),
    ];
  } finally {
    await engine.close();
  }
}

async function byHand(bench: Bench, path: string, observed: Observed): Promise<readonly Profile[]> {
  bench.tell("profile: by hand");
  const raw = await RawPulumi.open(bench, { PATH: path });
  const prepare = async (number: number) => {
    const name = previewName({ number });
    await raw.initStack(name);
    await raw.configure(name, specOf(bench, number, commit(number, 1)));
    return name;
  };
  await raw.up(await prepare(2003));
  const stack = await prepare(2004);
  return [
    await observed({ name: "create by hand: pulumi up", stack }, () => raw.up(stack)),
    await observed({ name: "destroy by hand: pulumi destroy", stack }, () => raw.destroy(stack)),
  ];
}

async function observe(
  { world, config }: Bench,
  log: string,
  { name, stack }: Observation,
  work: (tell: Tell) => Promise<unknown>,
): Promise<Profile> {
  const noted: Noted[] = [];
  const tell = (what: string) => noted.push({ at: now(), what });
  await world.footprint();
  await writeFile(log, "");
  const watcher = watch(join(world.folder, "state/.pulumi/stacks", config.pulumi.project), (event, file) => {
    // It is written under another name, and takes the place of the old one.
    if (event === "rename" && file === `${stack}.json`) tell("state: written");
  });
  const begin = now();
  await work(tell).finally(() => {
    watcher.close();
  });
  const end = now();
  const { kubernetes } = await world.footprint();
  for (const { verb, requestURI, requestReceivedTimestamp, stageTimestamp } of kubernetes) {
    const [at, until] = [Date.parse(requestReceivedTimestamp), Date.parse(stageTimestamp)];
    noted.push({ at, tookMs: until - at, what: `Kubernetes: ${verb} ${requestURI.split("?", 1)[0] ?? ""}` });
  }
  noted.push(...(await programRuns(log)));
  const events = noted
    .filter(({ at }) => at <= end)
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, ...rest }): ProfileEvent => ({ ms: Math.round(at - begin), ...rest }));
  return { name, totalMs: Math.round(end - begin), events };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Puts a script in front of each program that notes when it starts and ends. */
async function notingPrograms({ world }: Bench, log: string): Promise<string> {
  const folder = join(world.folder, "noted");
  await mkdir(folder, { recursive: true });
  for (const program of programs) {
    const real = await findProgram(program, (world.env["PATH"] ?? "").split(delimiter));
    if (real === undefined) continue;
    const note = (what: string) => `echo "$EPOCHREALTIME $$ ${what}" >>'${log}'`;
    const lines = ["#!/bin/bash", note(`start ${program} $*`), `'${real}' "$@"`, "code=$?", note("end"), "exit $code"];
    await writeFile(join(folder, program), `${lines.join("\n")}\n`);
    await chmod(join(folder, program), 0o755);
  }
  return folder;
}

async function programRuns(log: string): Promise<readonly Noted[]> {
  const lines = (await readFile(log, "utf8")).trim().split("\n");
  const notes = lines.map((line) => {
    const [seconds = "", pid = "", kind = "", ...what] = line.split(" ");
    return { at: Number(seconds) * 1000, pid, kind, what: what.join(" ") };
  });
  return notes
    .filter(({ kind }) => kind === "start")
    .map(({ at, pid, what }) => {
      const end = notes.find((note) => note.kind === "end" && note.pid === pid);
      const shown = what.split(" ").slice(0, 3).join(" ");
      return { at, what: `program: ${shown}`, ...(end && { tookMs: Math.round(end.at - at) }) };
    });
}
