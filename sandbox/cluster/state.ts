import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeWhole } from "./write-whole.ts";

const componentState = z.object({
  name: z.string(),
  pid: z.number(),
  state: z.enum(["starting", "ready", "exited"]),
  error: z.string().optional(),
});

export const milestones = [
  "API server",
  "node",
  "cluster DNS",
  "registry",
  "git host",
  "app repository",
  "app CI",
  "load balancer",
] as const;

const instanceState = z.object({
  phase: z.enum(["starting", "ready", "failed"]),
  /** Milliseconds from the supervisor's start to each milestone reached. */
  reached: z.partialRecord(z.enum(milestones), z.number()),
  components: z.array(componentState),
  error: z.string().optional(),
});

/** What the supervisor says about the instance. Process ids are those of the sandbox's own PID namespace. */
export type InstanceState = Readonly<z.infer<typeof instanceState>>;
export type ComponentRecord = Readonly<z.infer<typeof componentState>>;
export type Milestone = (typeof milestones)[number];

export async function writeState(file: string, state: InstanceState): Promise<void> {
  await writeWhole(file, JSON.stringify(state, undefined, 2));
}

/** A state that cannot be read was written by another version of the sandbox: its instance is as good as failed. */
export async function readState(file: string): Promise<InstanceState | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { success, data } = instanceState.safeParse(JSON.parse(text));
  return success ? data : { phase: "failed", reached: {}, components: [], error: `"${file}" is of another version` };
}
