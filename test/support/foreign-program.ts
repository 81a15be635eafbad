import { copyFile, cp, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { projectRoot } from "../../sandbox/paths.ts";
import { platformSettings } from "../../sandbox/platform-settings.ts";
import about from "../../package.json" with { type: "json" };

interface Lock {
  readonly packages: Readonly<Record<string, object>>;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * Copies a program that uses the package. There, `npm install` takes the package from its tarball, for want of a published one,
 * and everything else in the versions of this checkout, which npm has at hand.
 */
export async function installable(from: string, to: string, tarball: string): Promise<string> {
  await cp(from, to, { recursive: true });
  await copyFile(tarball, join(to, basename(tarball)));
  const resolved = `file:${basename(tarball)}`;
  const manifest = await json<Manifest>(join(to, "package.json"));
  const own = { ...manifest, dependencies: { ...manifest.dependencies, [about.name]: resolved } };
  await writeFile(join(to, "package.json"), JSON.stringify(own));
  const lock = await json<Lock>(join(projectRoot, "package-lock.json"));
  const { version, dependencies, peerDependencies, optionalDependencies, bin, engines } = about;
  const installed = { version, resolved, dependencies, peerDependencies, optionalDependencies, bin, engines };
  const packages = { ...lock.packages, "": own, [`node_modules/${about.name}`]: installed };
  await writeFile(join(to, "package-lock.json"), JSON.stringify({ ...lock, packages }));
  return to;
}

/** Lets the program take charts, images and the app from the sandbox, where it would take them from the internet. */
export async function programInSandbox(file: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { config } = platformSettings(env);
  const setting = (key: string) => config[`preview-environments:${key}`];
  const flux = {
    chart: setting("fluxOperatorChart"),
    values: setting("fluxOperatorValues"),
    version: setting("fluxVersion"),
    registry: setting("fluxRegistry"),
    // The demo's sandbox has the images of no others.
    components: ["source-controller", "helm-controller"],
    images: setting("fluxImages"),
  };
  const gateway = {
    chart: setting("gatewayChart"),
    controllerImage: setting("gatewayControllerImage"),
    proxyImage: setting("gatewayProxyImage"),
  };
  const app = new URL(`/${env["GITHUB_REPOSITORY"] ?? ""}`, env["GITHUB_API_URL"]).href;
  let text = await readFile(file, "utf8");
  for (const [there, here] of [
    ['new Flux("flux", {})', `new Flux("flux", ${JSON.stringify(flux)})`],
    ['new Gateway("gateway", {})', `new Gateway("gateway", ${JSON.stringify(gateway)})`],
    ["https://github.com/acme/shop", app],
  ] as const) {
    if (!text.includes(there)) throw new Error(`"${file}" does not say ${there}`);
    text = text.replace(there, here);
  }
  await writeFile(file, text);
}

async function json<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}
