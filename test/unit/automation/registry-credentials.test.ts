import { describe, expect, test } from "vitest";
import { configFiles, loginPlaces, parseDockerConfig } from "../../../automation/registry/docker-config.ts";

const ghcr = { registry: "ghcr.io", repository: "acme/app" };
const hub = { registry: "docker.io", repository: "library/nginx" };
const encoded = (text: string) => Buffer.from(text).toString("base64");
const login = (username: string, password: string) => ({ login: { kind: "password", username, password } });

describe("files with logins", () => {
  test.each([
    [{}, ["/home/me/.docker/config.json"]],
    [{ DOCKER_CONFIG: "/etc/docker" }, ["/etc/docker/config.json"]],
    [{ DOCKER_CONFIG: "", REGISTRY_AUTH_FILE: "" }, ["/home/me/.docker/config.json"]],
    [
      { REGISTRY_AUTH_FILE: "/auth.json", XDG_RUNTIME_DIR: "/run/user/0" },
      ["/home/me/.docker/config.json", "/auth.json", "/run/user/0/containers/auth.json"],
    ],
    [{ DOCKER_CONFIG: "/a", REGISTRY_AUTH_FILE: "/a/config.json" }, ["/a/config.json"]],
  ])("%j", (env, expected) => {
    expect(configFiles(env, "/home/me")).toEqual(expected);
  });

  test.each(["", "{", "[]", '"text"', '{"auths":[]}', '{"credsStore":5}'])("%j is none", (text) => {
    expect(parseDockerConfig(text)).toBeUndefined();
  });
});

describe("the login for an image", () => {
  test.each([
    ["nothing", {}, ghcr, {}],
    ["an entry without one", { auths: { "ghcr.io": {} } }, ghcr, {}],
    ["another registry's", { auths: { "quay.io": { auth: encoded("me:pw") } } }, ghcr, {}],
    ["auth", { auths: { "ghcr.io": { auth: encoded("me:pw") } } }, ghcr, login("me", "pw")],
    ["a colon in the password", { auths: { "ghcr.io": { auth: encoded("me:p:w") } } }, ghcr, login("me", "p:w")],
    ["a padded password", { auths: { "ghcr.io": { auth: encoded("me:pw\0\0") } } }, ghcr, login("me", "pw")],
    ["auth that is none", { auths: { "ghcr.io": { auth: encoded("nonsense") } } }, ghcr, {}],
    ["user name and password", { auths: { "ghcr.io": { username: "me", password: "pw" } } }, ghcr, login("me", "pw")],
    [
      "an identity token, before a password",
      { auths: { "ghcr.io": { auth: encoded("me:pw"), identitytoken: "refresh" } } },
      ghcr,
      { login: { kind: "identityToken", token: "refresh" } },
    ],
    [
      "a broken entry beside a good one",
      { auths: { "quay.io": 7, "ghcr.io": { auth: encoded("me:pw") } } },
      ghcr,
      login("me", "pw"),
    ],
    ["a key with a scheme", { auths: { "https://ghcr.io": { auth: encoded("me:pw") } } }, ghcr, login("me", "pw")],
    ["a key with a version", { auths: { "https://ghcr.io/v2/": { auth: encoded("me:pw") } } }, ghcr, login("me", "pw")],
    [
      "a port of its own",
      { auths: { registry: { auth: encoded("no:no") }, "registry:5000": { auth: encoded("me:pw") } } },
      { registry: "registry:5000", repository: "app" },
      login("me", "pw"),
    ],
    [
      "Docker Hub's own key",
      { auths: { "https://index.docker.io/v1/": { auth: encoded("me:pw") } } },
      hub,
      login("me", "pw"),
    ],
    [
      "the first of two spellings",
      { auths: { "https://ghcr.io": { auth: encoded("me:pw") }, "ghcr.io": { auth: encoded("other:pw") } } },
      ghcr,
      login("me", "pw"),
    ],
    ["Docker Hub by name", { auths: { "docker.io": { auth: encoded("me:pw") } } }, hub, login("me", "pw")],
    [
      "the closest of Podman's keys",
      {
        auths: {
          "ghcr.io": { auth: encoded("all:pw") },
          "ghcr.io/acme": { auth: encoded("acme:pw") },
          "ghcr.io/acme/other": { auth: encoded("other:pw") },
        },
      },
      ghcr,
      login("acme", "pw"),
    ],
    ["no key for a name that only begins alike", { auths: { "ghcr.io/ac": { auth: encoded("me:pw") } } }, ghcr, {}],
    ["the store", { credsStore: "desktop" }, ghcr, { helper: { name: "desktop", server: "ghcr.io" } }],
    [
      "the registry's helper, before the store",
      { credsStore: "desktop", credHelpers: { "ghcr.io": "gh" } },
      ghcr,
      { helper: { name: "gh", server: "ghcr.io" } },
    ],
    [
      "the store for Docker Hub",
      { credsStore: "desktop", credHelpers: { "ghcr.io": "gh" } },
      hub,
      { helper: { name: "desktop", server: "https://index.docker.io/v1/" } },
    ],
    [
      "a store, and an entry should it know nothing",
      { credsStore: "desktop", auths: { "ghcr.io": { auth: encoded("me:pw") } } },
      ghcr,
      { helper: { name: "desktop", server: "ghcr.io" }, ...login("me", "pw") },
    ],
  ])("%s", (_, config, image, expected) => {
    const parsed = parseDockerConfig(JSON.stringify(config));
    if (!parsed) throw new Error("the configuration could not be read");
    expect(loginPlaces(parsed, image)).toEqual(expected);
  });
});
