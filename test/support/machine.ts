/** Why the sandbox cannot run on this machine, in the words a skipped test is reported with; nothing when it can. */
export function sandboxObstacle(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root";
  return undefined;
}
