import Module, { createRequire } from "node:module";

/**
 * Pulumi's SDK loads these in any case, and uses them only for functions that a program sends elsewhere as text, which no
 * preview's does. They are about half of what a worker has to load, so they wait until somebody wants something of them.
 */
const seldomNeeded = ["typescript", "@npmcli/arborist"];

// From the worker's own file, which finds Pulumi's SDK: a bundle knows no other.
const require = createRequire(process.argv[1] ?? "");

function loadWhenUsed(file: string): void {
  const placeholder = new Module(file);
  const load = (): object => {
    if (require.cache[file] === placeholder) Reflect.deleteProperty(require.cache, file);
    return require(file) as object;
  };
  placeholder.exports = new Proxy(
    {},
    {
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

const ofPulumi = createRequire(require.resolve("@pulumi/pulumi/package.json"));
for (const name of seldomNeeded) loadWhenUsed(ofPulumi.resolve(name));
