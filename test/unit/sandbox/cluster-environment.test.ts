import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addressesOf } from "../../../sandbox/cluster/addresses.ts";
import { instanceFiles } from "../../../sandbox/cluster/instance-files.ts";
import { instanceEnvironment } from "../../../sandbox/instance-environment.ts";
import { projectRoot } from "../../../sandbox/paths.ts";

const files = instanceFiles("one");
const environment = (user: NodeJS.ProcessEnv): Record<string, string> =>
  instanceEnvironment({ addresses: addressesOf(3), files }, "token", user);

test("every address is the instance's own", () => {
  expect(environment({ PATH: "/usr/bin" })).toMatchObject({
    KUBECONFIG: files.kubeconfig,
    PULUMI_BACKEND_URL: `file://${files.pulumiBackend}`,
    GITHUB_API_URL: "http://10.201.3.2:3000/api/v3",
    GITHUB_REPOSITORY: "den-vasyliev/kbot",
    GITHUB_TOKEN: "token",
    GATEWAY_ADDRESS: "10.201.3.100",
    PREVIEW_HOST: "kbot.example.com",
  });
});

describe("PATH", () => {
  const whole = [files.bin, join(projectRoot, "node_modules", ".bin"), "/usr/bin", "/bin", files.plugins].join(":");

  test("has the instance's programs first and its plugins last", () => {
    expect(environment({ PATH: "/usr/bin:/bin" })["PATH"]).toBe(whole);
  });

  test("stays the same when it is set again, also by another instance", () => {
    const other = instanceEnvironment({ addresses: addressesOf(4), files: instanceFiles("two") }, "token", {
      PATH: "/usr/bin:/bin",
    });
    expect(environment(environment({ PATH: "/usr/bin:/bin" }))["PATH"]).toBe(whole);
    expect(environment(other)["PATH"]).toBe(whole);
  });
});

describe("PULUMI_HOME", () => {
  test.each([
    ["is the instance's by default", undefined, files.pulumiHome],
    ["is left as the user set it", "/home/me/pulumi", "/home/me/pulumi"],
    ["of another instance is not the user's", instanceFiles("two").pulumiHome, files.pulumiHome],
  ])("%s", (_, set, expected) => {
    expect(environment({ PATH: "", ...(set && { PULUMI_HOME: set }) })["PULUMI_HOME"]).toBe(expected);
  });
});

describe("a proxy", () => {
  test("that is not there needs no exceptions", () => {
    expect(environment({ PATH: "" })).not.toHaveProperty("NO_PROXY");
  });

  test("is not asked for the sandbox, and keeps its other exceptions", () => {
    const { NO_PROXY = "" } = environment({ PATH: "", HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "localhost" });
    expect(NO_PROXY.split(",")).toEqual(
      expect.arrayContaining(["localhost", "10.201.3.2", "10.201.3.100", "10.201.3.0/24"]),
    );
  });
});
