import { describe, expect, test } from "vitest";
import { parseReference } from "../../../automation/registry/image-reference.ts";
import { isLoopback, mayBePlain } from "../../../automation/registry/plain-http.ts";

const sha256 = `sha256:${"a1".repeat(32)}`;

describe("an image reference", () => {
  test.each([
    ["nginx", "docker.io", "library/nginx", "latest"],
    ["nginx:1.29", "docker.io", "library/nginx", "1.29"],
    ["acme/app:v1", "docker.io", "acme/app", "v1"],
    ["docker.io/nginx:1", "docker.io", "library/nginx", "1"],
    ["index.docker.io/acme/app:1", "docker.io", "acme/app", "1"],
    ["docker.io/library/nginx:1", "docker.io", "library/nginx", "1"],
    ["ghcr.io/acme/app:0123abcd", "ghcr.io", "acme/app", "0123abcd"],
    ["GHCR.io/acme/app:1", "ghcr.io", "acme/app", "1"],
    ["Registry/acme/app:1", "registry", "acme/app", "1"],
    ["registry:5000/a/b:tag", "registry:5000", "a/b", "tag"],
    ["registry:5000/a/b", "registry:5000", "a/b", "latest"],
    ["localhost/app:1", "localhost", "app", "1"],
    ["localhost:5000/app:1", "localhost:5000", "app", "1"],
    ["[::1]:5000/app:1", "[::1]:5000", "app", "1"],
    ["10.0.0.1/a__b/c-_d.e".replace("-_", "--"), "10.0.0.1", "a__b/c--d.e", "latest"],
    [`ghcr.io/acme/app@${sha256}`, "ghcr.io", "acme/app", sha256],
    [`ghcr.io/acme/app:v1@${sha256}`, "ghcr.io", "acme/app", sha256],
    [`nginx@${sha256}`, "docker.io", "library/nginx", sha256],
    [`ghcr.io/acme/app:${"x".repeat(128)}`, "ghcr.io", "acme/app", "x".repeat(128)],
  ])("%s", (text, registry, repository, version) => {
    expect(parseReference(text)).toEqual({
      registry,
      repository,
      version,
      host: registry === "docker.io" ? "registry-1.docker.io" : registry,
    });
  });

  test.each([
    ["", "must be lower-case"],
    ["ghcr.io/", "must be lower-case"],
    ["ghcr.io/Acme/app:1", '"Acme/app" must be lower-case'],
    ["https://ghcr.io/acme/app:1", "no host"],
    ["ghcr.io//app:1", "must be lower-case"],
    ["ghcr.io/acme/../app:1", "must be lower-case"],
    ["ghcr.io/acme/app:", 'the tag ""'],
    ["ghcr.io/acme/app:a b", 'the tag "a b"'],
    ["ghcr.io/acme/app:-x", 'the tag "-x"'],
    [`ghcr.io/acme/app:${"x".repeat(129)}`, "at most 128"],
    ["ghcr.io/acme/app@sha256:abc", "no digest"],
    [`ghcr.io/acme/app@${sha256}@${sha256}`, 'more than one "@"'],
    ["ghcr.io?x.y/app:1", "no host"],
    [`ghcr.io/${"a".repeat(255)}:1`, "longer than 255"],
  ])("%s is none", (text, why) => {
    expect(() => parseReference(text)).toThrow(`"${text}" is no image reference: `);
    expect(() => parseReference(text)).toThrow(why);
  });
});

test.each(["https://me:secret@ghcr.io/acme/app:1", "me:secret!@ghcr.io/acme/app:1"])(
  "a login in a reference is not repeated",
  (text) => {
    expect(() => parseReference(text)).toThrow(
      '"…@ghcr.io/acme/app:1" is no image reference: "ghcr.io/acme/app:1" is no digest such as "sha256:…"',
    );
  },
);

describe("plain HTTP", () => {
  test.each([
    ["localhost", true],
    ["localhost:5000", true],
    ["127.0.0.1:5000", true],
    ["127.9.8.7", true],
    ["[::1]:5000", true],
    ["127.0.0.1.example.com", false],
    ["localhost.example.com", false],
    ["mylocalhost", false],
    ["10.0.0.1:5000", false],
    ["ghcr.io", false],
  ])("%s is this machine: %s", (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
    expect(mayBePlain(host, [])).toBe(expected);
  });

  test.each([
    ["registry:5000", ["registry:5000"], true],
    ["Registry:5000", ["registry:5000"], true],
    ["registry", ["registry:80"], true],
    ["registry:5001", ["registry:5000"], false],
    ["registry", ["registry:5000"], false],
    ["sub.registry", ["registry"], false],
    ["registry", [""], false],
  ])("%s, where %j is listed: %s", (host, insecure, expected) => {
    expect(mayBePlain(host, insecure)).toBe(expected);
  });
});
