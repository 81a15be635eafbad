import { once } from "node:events";
import { isIP } from "node:net";
import tls from "node:tls";

/** Whether a server speaks TLS. Nothing is sent to it, so its certificate need not be trusted yet. */
export async function speaksTls(host: string, timeout: number, signal: AbortSignal): Promise<boolean> {
  const url = new URL(`https://${host}`);
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const socket = tls.connect({
    host: name,
    port: Number(url.port || 443),
    rejectUnauthorized: false,
    ...(isIP(name) === 0 && { servername: name }),
  });
  // Once it is known that there is an answer, nobody waits for how it ends.
  socket.on("error", () => undefined);
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]) });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    socket.destroy();
  }
}
