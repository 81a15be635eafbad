import { readdirSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * What Pulumi's SDK loads in any case, and uses only for functions that a program sends elsewhere as text, which no preview's
 * does. The way to each, from package to package.
 */
const ofSerialization: readonly (readonly string[])[] = [
  ["@pulumi/pulumi/package.json", "typescript"],
  ["@pulumi/pulumi/package.json", "@npmcli/arborist"],
  ["@pulumi/pulumi/package.json", "normalize-package-data", "validate-npm-package-license", "spdx-correct"],
];

// From the worker's own file, which finds Pulumi's packages: a bundle knows no other.
const ownFile = process.argv[1] ?? "";
const require = createRequire(ownFile);

/** Undefined: another version of Pulumi's packages may do without it. */
function fileAt(way: readonly string[]): string | undefined {
  try {
    return way.reduce((from, name) => createRequire(from).resolve(name), ownFile);
  } catch {
    return undefined;
  }
}

/** The Kubernetes SDK has a folder for each API group, and for what reads charts and manifests. A preview uses four of thirty. */
function kubernetesGroups(): readonly (string | undefined)[] {
  const folder = dirname(require.resolve("@pulumi/kubernetes/package.json"));
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => fileAt([join(folder, name, "index.js")]));
}

function loadWhenUsed(file: string): void {
  const placeholder = new Module(file);
  const load = (): object => {
    if (require.cache[file] === placeholder) Reflect.deleteProperty(require.cache, file);
    return require(file) as object;
  };
  placeholder.exports = new Proxy(
    // A function, so that it can be called if what it stands for can.
    () => undefined,
    {
      apply: (_, self, given: unknown[]) => Reflect.apply(load() as () => unknown, self, given) as unknown,
      // What asks whether it is an ES module has not used it yet.
      get: (_, name) => name === "__esModule" || (Reflect.get(load(), name) as unknown),
      has: (_, name) => name in load(),
      ownKeys: () => Reflect.ownKeys(load()),
      getOwnPropertyDescriptor: (_, name) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(load(), name);
        // A property that the placeholder itself lacks must be one that can change.
        return descriptor && { ...descriptor, configurable: true };
      },
    },
  );
  placeholder.loaded = true;
  require.cache[file] = placeholder;
}

// More than half of what a worker has to load waits until somebody wants something of it.
for (const file of [...ofSerialization.map(fileAt), ...kubernetesGroups()]) {
  if (file !== undefined) loadWhenUsed(file);
}
