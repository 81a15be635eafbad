import { createHash, sign, type KeyObject } from "node:crypto";

/** Where a chart lies: "address:port" of a registry over plain HTTP, and its path there. */
export interface ChartPlace {
  readonly registry: string;
  readonly repository: string;
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** The digest of a chart's manifest, as the registry answers it. */
export async function chartDigest({ registry, repository }: ChartPlace, version: string): Promise<string> {
  const url = `http://${registry}/v2/${repository}/manifests/${version}`;
  const { status, headers } = await fetch(url, { method: "HEAD", headers: { accept: manifestType } });
  const digest = headers.get("docker-content-digest");
  if (status !== 200 || digest === null)
    throw new Error(`the registry answered ${status} for "${repository}:${version}"`);
  return digest;
}

/**
 * What `cosign sign --key` puts beside a chart: a manifest under the tag `sha256-<digest>.sig`, whose layer says what is signed
 * and whose annotation is the signature. https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */
export async function signChart(place: ChartPlace, digest: string, privateKey: KeyObject): Promise<void> {
  const payload = JSON.stringify({
    critical: {
      identity: { "docker-reference": `${place.registry}/${place.repository}` },
      image: { "docker-manifest-digest": digest },
      type: "cosign container image signature",
    },
    optional: null,
  });
  const signature = sign("sha256", Buffer.from(payload), privateKey).toString("base64");
  const layer = await pushBlob(place, payload, "application/vnd.dev.cosign.simplesigning.v1+json");
  const config = await pushBlob(
    place,
    JSON.stringify({ architecture: "", os: "", config: {}, rootfs: { type: "layers", diff_ids: [layer.digest] } }),
    "application/vnd.oci.image.config.v1+json",
  );
  const annotations = { "dev.cosignproject.cosign/signature": signature };
  const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers: [{ ...layer, annotations }] };
  await answered(`http://${place.registry}/v2/${place.repository}/manifests/${digest.replace(":", "-")}.sig`, {
    method: "PUT",
    headers: { "content-type": manifestType },
    body: JSON.stringify(manifest),
  });
}

async function pushBlob({ registry, repository }: ChartPlace, text: string, mediaType: string) {
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const started = await answered(`http://${registry}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const upload = new URL(started.headers.get("location") ?? "", `http://${registry}`);
  upload.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  await answered(upload.href, { method: "PUT", headers, body: text });
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

async function answered(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${init.method ?? "GET"} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
