const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Whether a registry (plain HTTP) has `name:tag`. */
export async function hasManifest(registry: string, name: string, tag: string, signal: AbortSignal): Promise<boolean> {
  const url = `http://${registry}/v2/${name}/manifests/${tag}`;
  const { status } = await fetch(url, { method: "HEAD", headers: { accept: manifestTypes.join(", ") }, signal });
  if (status === 200) return true;
  if (status === 404) return false;
  throw new Error(`Registry "${registry}" answered ${status} when asked for "${name}:${tag}"`);
}
