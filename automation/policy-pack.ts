import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Violation } from "./model.ts";
import type { Problem } from "./problem.ts";

/** A Pulumi policy pack on this machine. */
export interface PolicyPack {
  readonly folder: string;
  /** What its rules are told, as `--policy-pack-config` takes it. */
  readonly config: PackConfig;
  /** Module with its rules as plain functions, {@link PackRules}. Undefined: only Pulumi's engine can run them. */
  readonly rules: string | undefined;
}

export type PackConfig = Readonly<Record<string, unknown>>;

/** A resource as a program registers it: its properties as Pulumi's protocol has them, of a stack its outputs. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
}

/** What a pack's rules module exports. */
export interface PackRules {
  /** Everything that is wrong with a configuration, each with its key. */
  readonly configProblems: (config: PackConfig) => readonly string[];
  /** A configuration with what the driver knows, where it does not say otherwise. */
  readonly configFor: (config: PackConfig, known: { readonly controlNamespace: string }) => PackConfig;
  readonly checkProgram: (
    registrations: readonly Registration[],
    config: PackConfig,
  ) => readonly (Violation & Located)[];
}

export interface Located {
  /** Undefined: it is about the stack as a whole. */
  readonly urn: string | undefined;
}

/** The module, as written and as published. */
const RULES = ["check-program.ts", "check-program.js"];

export interface GivenPack {
  readonly policy?: string | undefined;
  readonly policyConfig?: PackConfig | undefined;
  readonly controlNamespace: string;
}

/** Finds the pack that the settings name, and checks what they tell it. */
export async function findPolicyPack(
  { policy, policyConfig, controlNamespace }: GivenPack,
  cwd: string,
): Promise<{ readonly pack: PolicyPack | undefined; readonly problems: readonly Problem[] }> {
  const failed = (...problems: readonly Problem[]) => ({ pack: undefined, problems });
  if (policy === undefined) {
    if (policyConfig === undefined) return failed();
    return failed({ key: "policyConfig", text: 'there is no policy pack to tell it; set "policy" too' });
  }
  const folder = resolve(cwd, policy);
  const config = policyConfig ?? {};
  if (!(await exists(join(folder, "PulumiPolicy.yaml")))) {
    const text = `"${policy}" is no policy pack: "${folder}" holds no PulumiPolicy.yaml; allowed: the folder of one`;
    return failed({ key: "policy", text });
  }
  const file = await firstOf(RULES.map((name) => join(folder, name)));
  if (file === undefined) return { pack: { folder, config, rules: undefined }, problems: [] };
  try {
    const rules = await loadRules(file);
    const problems = rules.configProblems(config).map((text) => ({ key: "policyConfig", text }));
    if (problems.length > 0) return failed(...problems);
    return { pack: { folder, config: rules.configFor(config, { controlNamespace }), rules: file }, problems: [] };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return failed({ key: "policy", text: `"${file}" cannot be used: ${text}` });
  }
}

const loaded = new Map<string, Promise<PackRules>>();

/** Loads the rules of a pack into this process, once. */
export function loadRules(file: string): Promise<PackRules> {
  const rules = loaded.get(file) ?? load(file);
  loaded.set(file, rules);
  return rules;
}

async function load(file: string): Promise<PackRules> {
  // Packs are TypeScript, and the driver may run where nothing else is.
  const { tsImport } = await import("tsx/esm/api");
  const url = pathToFileURL(file).href;
  const module = (await tsImport(url, url)) as Partial<PackRules>;
  const { configProblems, configFor, checkProgram } = module;
  if (!configProblems || !configFor || !checkProgram) {
    throw new Error("it does not export the functions configProblems, configFor and checkProgram");
  }
  return { configProblems, configFor, checkProgram };
}

async function firstOf(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (await exists(file)) return file;
  return undefined;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
