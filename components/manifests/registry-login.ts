/** A user of a registry, as Flux and the kubelet read it: the contents of a Docker `config.json`. */
export function dockerConfig(registry: string, username: string, password: string): string {
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  return JSON.stringify({ auths: { [registry]: { username, password, auth } } });
}

/** The registry a chart or image lies in: host and port. */
export function registryOf(reference: string): string {
  return reference.replace(/^oci:\/\//, "").split("/")[0] ?? "";
}
