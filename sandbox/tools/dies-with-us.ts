/**
 * The command line of a program that the kernel ends when this process dies, however it dies: what we started must not
 * run on after a `kill -9`. (setpriv is part of util-linux, as are nsenter and unshare, without which there is no sandbox.)
 */
export function diesWithUs(program: string, args: readonly string[]): [program: string, args: string[]] {
  return ["setpriv", ["--pdeathsig", "KILL", program, ...args]];
}
