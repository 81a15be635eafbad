import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "../paths.ts";
import { runProgram } from "../tools/run-program.ts";
import type { ClusterImage, ImageEntry } from "./image-list.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Writes an image as an OCI layout of one layer, and answers its digest. Times, owners and order are fixed, so that equal
 * content makes an equal digest. The layer is not compressed: it never leaves this machine.
 */
export async function writeImageLayout(folder: string, image: ClusterImage, signal?: AbortSignal): Promise<string> {
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  const layer = await writeLayer(folder, image, signal);
  const json = async (mediaType: string, content: object): Promise<Descriptor> => {
    const text = JSON.stringify(content);
    const hash = createHash("sha256").update(text).digest("hex");
    await writeFile(join(blobs, hash), text);
    return { mediaType, digest: `sha256:${hash}`, size: Buffer.byteLength(text) };
  };
  const config = await json("application/vnd.oci.image.config.v1+json", {
    architecture: goArchitecture(process.arch),
    os: "linux",
    config: image.config,
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = await json(mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
  // containerd takes the image's name from here when it imports the layout.
  const annotations = { "io.containerd.image.name": `${image.repository}:${image.tag}` };
  await writeFile(
    join(folder, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return manifest.digest;
}

async function writeLayer(folder: string, image: ClusterImage, signal?: AbortSignal): Promise<Descriptor> {
  const root = join(folder, "root");
  const archive = join(folder, "layer.tar");
  const run = (program: string, args: readonly string[]) =>
    runProgram({
      what: `make the image "${image.repository}"`,
      program,
      args,
      log: join(cacheRoot(), "logs", "images.log"),
      signal,
    });
  await mkdir(root);
  for (const entry of image.entries) await writeEntry(join(root, entry.path), entry);
  await run("chmod", ["--recursive", "a+rX,u+w,go-w", root]);
  for (const entry of image.entries) if ("writable" in entry) await chmod(join(root, entry.path), 0o1777);
  const fixed = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"];
  await run("tar", ["--create", ...fixed, "--file", archive, "--directory", root, "."]);
  await rm(root, { recursive: true });
  const { hash, size } = await fileHash(archive);
  await rename(archive, join(folder, "blobs", "sha256", hash));
  return { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: `sha256:${hash}`, size };
}

async function writeEntry(path: string, entry: ImageEntry): Promise<void> {
  await mkdir("writable" in entry ? path : dirname(path), { recursive: true });
  if ("from" in entry) await cp(entry.from, path, { recursive: true, dereference: true });
  if ("text" in entry) await writeFile(path, entry.text);
}

export async function fileHash(path: string): Promise<{ hash: string; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { hash: hash.digest("hex"), size };
}

/** The name Go and OCI have for what Node calls the processor. */
export function goArchitecture(arch: string): string {
  return { x64: "amd64", ia32: "386" }[arch] ?? arch;
}
