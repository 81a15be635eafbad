import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contentHash, folderContents } from "../../../sandbox/tools/content-hash.ts";
import { libraries } from "../../../sandbox/tools/debian-packages.ts";
import { isRecentPulumi } from "../../../sandbox/tools/find-pulumi.ts";
import { goToolHash, goToolVersion, linkerFlags, pinnedVersion, programOf } from "../../../sandbox/tools/go-build.ts";
import { pythonToolHash } from "../../../sandbox/tools/python-package.ts";
import { runProgram } from "../../../sandbox/tools/run-program.ts";
import { toolList, toolsOnDemand, type GoTool } from "../../../sandbox/tools/tool-list.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tools-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const allTools = [...toolList, ...toolsOnDemand];
const goTools = allTools.filter((tool) => tool.kind === "go") as readonly GoTool[];

describe("the list of tools", () => {
  test("names every tool and every program once", () => {
    const names = allTools.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    // What is built when it is asked for may be the official program of what there is a stand-in for.
    for (const tools of [toolList, toolsOnDemand]) {
      const programs = tools.flatMap((tool) => [...tool.programs] as string[]);
      expect(new Set(programs).size).toBe(programs.length);
    }
  });

  test.each(goTools.map((tool) => [tool.name, tool] as const))("%s has a version", async (_, tool) => {
    expect(await goToolVersion(tool)).not.toBe("");
  });
});

describe("the version of a Go tool is the one its go.mod requires", () => {
  const goMod = [
    "module x",
    "require example.com/alone v1.2.3",
    "require (",
    "\texample.com/direct v0.1.0",
    "\texample.com/direct/v2 v2.0.0 // indirect",
    ")",
    "replace example.com/replaced => example.com/other v9.9.9",
  ].join("\n");

  test.each([
    ["example.com/alone", "v1.2.3"],
    ["example.com/direct", "v0.1.0"],
    ["example.com/direct/v2", "v2.0.0"],
  ])("%s is at %s", (module, version) => {
    expect(pinnedVersion(goMod, module)).toBe(version);
  });

  test("a module that is not required is an error that names it", () => {
    expect(() => pinnedVersion(goMod, "example.com/replaced")).toThrow(
      'go.mod does not require "example.com/replaced"',
    );
  });
});

// A package is compiled once for all programs only if each of them has the same version of all that it uses.
test("the stand-ins and the tools agree on the version of whatever both use", async () => {
  const [tools, standIns] = await Promise.all(
    ["tools", "plugins"].map(async (name) => requirements(await readFile(join("sandbox", name, "go.mod"), "utf8"))),
  );
  const others = [...(standIns ?? [])].filter(([module, version]) => (tools?.get(module) ?? version) !== version);
  expect(others).toEqual([]);
  expect(standIns?.size).toBeGreaterThan(100);
});

const requirements = (goMod: string) =>
  new Map(
    [...goMod.matchAll(/^\t(\S+) (v\S+)(?: \/\/ indirect)?$/gm)].map(([, module = "", version]) => [module, version]),
  );

test.each([
  ["./kubernetes", "kubernetes"],
  ["example.com/module/v3/cmd/tool", "tool"],
  ["example.com/module/server/v3", "server"],
])("go calls the program of %s %s", (goPackage, program) => {
  expect(programOf(goPackage)).toBe(program);
});

describe("linker flags", () => {
  const tool = { kind: "go", name: "x", folder: "x", package: ".", programs: ["x"] } as const;

  test("leave out debug information", () => {
    expect(linkerFlags(tool, "v1.0.0")).toBe("-s -w");
  });

  test("stamp the version where the tool looks for it", () => {
    const stamps = ["example.com/a.Version={version}", "example.com/b.Major=1"];
    expect(linkerFlags({ ...tool, stamps }, "v1.2.3")).toBe(
      "-s -w -X example.com/a.Version=v1.2.3 -X example.com/b.Major=1",
    );
  });
});

describe("the content hash", () => {
  const hash = async () => contentHash(await folderContents(folder, ["go.mod", "**/*.go"]));

  test("keeps its parts apart", () => {
    expect(contentHash(["ab"])).not.toBe(contentHash(["a", "b"]));
  });

  test("changes with a file's content and name, and with nothing that is not an input", async () => {
    await writeFile(join(folder, "go.mod"), "module x");
    await writeFile(join(folder, "main.go"), "package main");
    const first = await hash();
    await writeFile(join(folder, "README.md"), "not an input");
    expect(await hash()).toBe(first);
    await writeFile(join(folder, "main.go"), "package main // changed");
    const second = await hash();
    expect(second).not.toBe(first);
    await writeFile(join(folder, "more.go"), "package main");
    expect(await hash()).not.toBe(second);
  });

  test("of a tool changes with its flags and its version", async () => {
    const [tool] = goTools;
    if (!tool) throw new Error("there is no Go tool");
    expect(await goToolHash(tool)).toBe(await goToolHash({ ...tool }));
    expect(await goToolHash({ ...tool, stamps: ["a.b=c"] })).not.toBe(await goToolHash(tool));
    const wheel = { kind: "pypi", name: "x", package: "x", version: "1", file: "x", programs: ["x"] } as const;
    expect(pythonToolHash({ ...wheel, version: "2" })).not.toBe(pythonToolHash(wheel));
  });
});

test("the libraries of a package are found, the C library is left to the machine", () => {
  const depends = [
    "iptables",
    "  Depends: libip4tc2",
    "  PreDepends: libmnl0",
    " |Depends: libfirst1",
    "  Depends: netbase",
    "  Depends: libc6",
    "  Depends: <libvirtual>",
    "    libprovided1",
    "runc",
    "  Depends: libmnl0",
    "  Depends: libseccomp2",
    "  Depends: libcap2-bin",
  ].join("\n");
  expect(libraries(depends)).toEqual(["libip4tc2", "libmnl0", "libfirst1", "libseccomp2"]);
});

test.each([
  ["v3.260.0", true],
  ["3.211.0", true],
  ["v4.0.0-alpha.1", true],
  ["v3.210.9", false],
  ["v2.300.0", false],
  ["command not found", false],
])("a pulumi of version %j is used: %j", (version, used) => {
  expect(isRecentPulumi(version)).toBe(used);
});

test("a failing program is told with its command, the end of its output and its log", async () => {
  const log = join(folder, "logs", "failing.log");
  const failing = runProgram({ what: 'build "x"', program: "sh", args: ["-c", "seq 100; exit 3"], log });
  const message = await failing.then(String, String);
  expect(message).toContain("cannot build \"x\": exit code 3\n  sh -c 'seq 100; exit 3'\n71\n72\n");
  expect(message).toContain(`100\nAll of its output: ${log}`);
  expect(await readFile(log, "utf8")).toContain("\n1\n2\n3\n");
});

test("a program that is not there is named before anything is done", async () => {
  const log = join(folder, "logs", "missing.log");
  const failing = runProgram({ what: 'build "x"', program: "no-such-go", args: ["version"], log });
  await expect(failing).rejects.toThrow(
    'cannot build "x": "no-such-go" is not on PATH; README.md tells what a machine needs',
  );
  await expect(readFile(log)).rejects.toThrow("ENOENT");
});
