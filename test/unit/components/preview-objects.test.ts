import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../../components/manifests/kubernetes-object.ts";
import {
  LABEL_PREFIX,
  parsePreviewName,
  previewName,
  previewObjects,
  previewProblems,
  previewRoute,
  specHash,
  type PreviewSpec,
} from "../../../components/manifests/preview.ts";
import { previewSpec } from "./fixtures.ts";

describe("a preview's name", () => {
  test("gives the number back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (number) => {
        expect(parsePreviewName(previewName({ number }))).toEqual({ number });
      }),
    );
  });

  test("gives the number and the app back", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.stringMatching(/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/),
        (number, app) => {
          const name = previewName({ number, app });
          expect(parsePreviewName(name)).toEqual({ number, app });
          expect(name.length).toBeLessThanOrEqual(63);
        },
      ),
    );
  });

  test.for([
    "",
    "pr-",
    "pr-0",
    "pr-041",
    "pr-4a",
    "pr-41 ",
    "PR-41",
    "dev",
    "pr--1",
    "pr-1e3",
    "pr-99999999999",
    "pr-41-",
    "pr-41-7up",
    "pr-41-API",
  ])("is not %j", (name) => {
    expect(parsePreviewName(name)).toBeUndefined();
  });
});

describe("where a preview answers", () => {
  test.for([
    ["path", { host: "kbot.example.com", path: "/pr-41", url: "http://kbot.example.com/pr-41" }],
    ["host", { host: "pr-41.kbot.example.com", path: "/", url: "http://pr-41.kbot.example.com/" }],
  ] as const)("in %s mode", ([mode, expected]) => {
    expect(previewRoute({ number: 41, route: { mode, host: "kbot.example.com" } })).toEqual(expected);
  });
});

/** Pull requests as people really name things: any owner, repository, branch and number. */
const anySpec: fc.Arbitrary<PreviewSpec> = fc
  .record({
    number: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    repository: fc
      .tuple(fc.stringMatching(/^[A-Za-z0-9-]{1,39}$/), fc.stringMatching(/^[A-Za-z0-9._-]{1,100}$/))
      .map(([owner, name]) => `${owner}/${name}`),
    branch: fc.string({ unit: "grapheme", maxLength: 250 }),
    mode: fc.constantFrom("path" as const, "host" as const),
  })
  .map(({ mode, ...known }) => ({ ...previewSpec, ...known, route: { ...previewSpec.route, mode } }));

describe("a preview's objects", () => {
  test("carry valid names and labels, and the names people gave in annotations", () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        expect(previewProblems(spec)).toEqual([]);
        for (const { metadata } of Object.values<KubernetesObject>({ ...previewObjects(spec) })) {
          expect(metadata.name).toMatch(/^pr-[1-9][0-9]*(-0123456789ab)?$/);
          for (const value of Object.values(metadata.labels)) {
            expect(value).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
          }
          expect(metadata.annotations).toMatchObject({
            [`${LABEL_PREFIX}/branch`]: spec.branch,
            [`${LABEL_PREFIX}/repository`]: spec.repository,
            [`${LABEL_PREFIX}/head-sha`]: spec.sha,
          });
        }
      }),
    );
  });

  test("lie in the control namespace or in the workload namespace, which itself lies in none", () => {
    const { namespace, serviceAccount, gitRepository, helmRelease, ...workload } = previewObjects(previewSpec);
    expect(namespace.metadata.namespace).toBeUndefined();
    for (const { metadata } of [serviceAccount, gitRepository, helmRelease])
      expect(metadata.namespace).toBe("app-preview");
    for (const { metadata } of Object.values(workload)) expect(metadata.namespace).toBe("pr-41");
  });

  test("give the binding of the narrow role to the preview's own service account only", () => {
    const { role, roleBinding, serviceAccount, helmRelease } = previewObjects(previewSpec);
    expect(roleBinding.roleRef).toMatchObject({ kind: "Role", name: role.metadata.name });
    expect(roleBinding.subjects).toEqual([
      { kind: "ServiceAccount", name: serviceAccount.metadata.name, namespace: serviceAccount.metadata.namespace },
    ]);
    expect(helmRelease.spec["serviceAccountName"]).toBe(serviceAccount.metadata.name);
  });

  test("name the source after its commit, and the release after the pull request only", () => {
    const { gitRepository, helmRelease } = previewObjects(previewSpec);
    expect(gitRepository.metadata.name).toBe("pr-41-0123456789ab");
    expect(gitRepository.spec["ref"]).toEqual({ commit: previewSpec.sha });
    expect(helmRelease.metadata.name).toBe("pr-41");
    expect(helmRelease.spec["chart"]).toMatchObject({
      spec: { sourceRef: { kind: "GitRepository", name: gitRepository.metadata.name } },
    });
  });

  test("let a chart touch neither rights nor bounds", () => {
    const resources = previewObjects(previewSpec).role.rules.flatMap((rule) => rule.resources);
    for (const kind of [
      "roles",
      "rolebindings",
      "resourcequotas",
      "limitranges",
      "networkpolicies",
      "namespaces",
      "*",
    ]) {
      expect(resources).not.toContain(kind);
    }
  });

  test("put our chart values over those of the configuration, and keep the rest", () => {
    const values = { replicas: 2, image: { tag: "latest", repository: "r" }, gateway: { path: "/", port: 8080 } };
    expect(previewObjects({ ...previewSpec, values }).helmRelease.spec["values"]).toEqual({
      replicas: 2,
      image: { tag: previewSpec.sha, repository: "r" },
      gateway: {
        path: "/pr-41",
        host: "kbot.example.com",
        name: "gateway",
        namespace: "envoy-gateway-system",
        port: 8080,
      },
    });
  });

  test("let traffic in from the proxies' namespace", () => {
    const from = (route: Partial<PreviewSpec["route"]>): unknown =>
      previewObjects({ ...previewSpec, route: { ...previewSpec.route, ...route } }).networkPolicy.spec.ingress[0]
        ?.from[1];
    const namespace = (name: string): unknown => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    });
    expect(from({})).toEqual(namespace("envoy-gateway-system"));
    expect(from({ gateway: { name: "gateway", namespace: "edge" } })).toEqual(namespace("edge"));
    expect(from({ gateway: { name: "gateway", namespace: "edge" }, proxyNamespace: "p" })).toEqual(namespace("p"));
  });
});

describe("the spec hash", () => {
  const hash = specHash(previewSpec);

  test("is short and stands in every object's annotation", () => {
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    for (const { metadata } of Object.values<KubernetesObject>({ ...previewObjects(previewSpec) })) {
      expect(metadata.annotations[`${LABEL_PREFIX}/spec-hash`]).toBe(hash);
    }
  });

  test("does not change with the commit, nor with the order of keys", () => {
    expect(specHash({ ...previewSpec, sha: "f".repeat(40) })).toBe(hash);
    const one = specHash({ ...previewSpec, values: { a: 1, b: { c: 2, d: 3 } } });
    expect(specHash({ ...previewSpec, values: { b: { d: 3, c: 2 }, a: 1 } })).toBe(one);
  });

  test("does not change when a default is written out", () => {
    const { number, repository, sha, branch, engine, controlNamespace, source, chart, values, route } = previewSpec;
    const short = { number, repository, sha, branch, engine, controlNamespace, source, chart, values, route };
    expect(specHash(short)).toBe(hash);
  });

  const changes: Record<string, Partial<PreviewSpec>> = {
    number: { number: 42 },
    repository: { repository: "den-vasyliev/kbot2" },
    branch: { branch: "other" },
    engine: { engine: "flux" },
    "control namespace": { controlNamespace: "previews" },
    "clone URL": { source: { ...previewSpec.source, url: "https://github.example.com/fork/kbot.git" } },
    secret: { source: { ...previewSpec.source, secretName: "github-auth" } },
    "chart path": { chart: { ...previewSpec.chart, path: "./chart" } },
    "time-out": { chart: { ...previewSpec.chart, timeout: "6m" } },
    values: { values: { replicas: 2 } },
    host: { route: { ...previewSpec.route, host: "other.example.com" } },
    mode: { route: { ...previewSpec.route, mode: "host" } },
    "proxy namespace": { route: { ...previewSpec.route, proxyNamespace: "proxies" } },
    "Pod Security": { podSecurity: "baseline" },
    quota: { quota: { pods: "1" } },
  };
  test.for(Object.entries(changes))("changes with the %s", ([, change]) => {
    expect(specHash({ ...previewSpec, ...change })).not.toBe(hash);
  });
});
