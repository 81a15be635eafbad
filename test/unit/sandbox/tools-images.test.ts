import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { clusterRoles, gatewayValues } from "../../../sandbox/charts/chart-list.ts";
import { goArchitecture, writeImageLayout } from "../../../sandbox/images/image-layout.ts";
import { sharedLibraries } from "../../../sandbox/images/machine-files.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "images-test-"));
  vi.stubEnv("PREVIEW_SANDBOX_CACHE", join(folder, "cache"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("an image", () => {
  async function write(name: string, time: number): Promise<string> {
    const program = join(folder, name, "program");
    await mkdir(join(folder, name));
    await writeFile(program, "#!/bin/true\n", { mode: 0o700 });
    await utimes(program, time, time);
    return writeImageLayout(join(folder, name, "layout"), {
      repository: "example.com/app",
      tag: "v1",
      config: { User: "65532:65532", Entrypoint: ["/app"] },
      entries: [
        { path: "/app", from: program },
        { path: "/etc/os-release", text: "ID=x\n" },
        { path: "/tmp", writable: true },
      ],
    });
  }

  test("of equal content has an equal digest, whenever and wherever it is made", async () => {
    expect(await write("first", 1_000_000)).toBe(await write("second", 2_000_000));
  });

  test("says what it is called and how to run it", async () => {
    const digest = await write("third", 0);
    const layout = join(folder, "third", "layout");
    const json = async (path: string) => JSON.parse(await readFile(join(layout, path), "utf8")) as unknown;
    const blob = (of: string) => join("blobs", of.replace(":", "/"));
    expect(await json("index.json")).toMatchObject({
      manifests: [{ digest, annotations: { "io.containerd.image.name": "example.com/app:v1" } }],
    });
    const manifest = (await json(blob(digest))) as { config: { digest: string }; layers: [{ digest: string }] };
    expect(await json(blob(manifest.config.digest))).toMatchObject({
      os: "linux",
      config: { User: "65532:65532", Entrypoint: ["/app"] },
      rootfs: { diff_ids: [manifest.layers[0].digest] },
    });
  });
});

test.each([
  ["x64", "amd64"],
  ["arm64", "arm64"],
])("a %s is called %s", (node, go) => {
  expect(goArchitecture(node)).toBe(go);
});

test("shared libraries and the loader are read from ldd", () => {
  const listing = [
    "\tlinux-vdso.so.1 (0x00007ffd)",
    "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f01)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f02)",
  ].join("\n");
  expect(sharedLibraries(listing)).toEqual(["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"]);
});

test("of Flux Operator's manifests the chart takes the roles, not the binding", () => {
  const manifests = ["kind: ClusterRoleBinding", "---", "kind: ClusterRole", "metadata:", "  name: edit"].join("\n");
  expect(clusterRoles(manifests)).toBe("kind: ClusterRole\nmetadata:\n  name: edit\n");
});

describe("the values of Envoy Gateway's chart", () => {
  test("name the official image of its version", () => {
    const template = "image: ${GatewayImage}\npullPolicy: ${GatewayImagePullPolicy}\n";
    expect(gatewayValues(template, "v1.9.1")).toBe(
      "image: docker.io/envoyproxy/gateway:v1.9.1\npullPolicy: IfNotPresent\n",
    );
  });

  test("refuse a setting that nobody fills in", () => {
    expect(() => gatewayValues("a: ${New}", "v1.9.1")).toThrow('"${New}"');
  });
});
