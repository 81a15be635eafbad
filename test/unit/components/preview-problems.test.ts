import { expect, test } from "vitest";
import { assertPreviewSpec, previewProblems, type PreviewSpec } from "../../../components/manifests/preview.ts";
import { previewSpec } from "./fixtures.ts";

const { source, chart, route } = previewSpec;

const refused: [string, Partial<PreviewSpec>][] = [
  ["number: 0 is not a pull request number from 1", { number: 0 }],
  ["number: 1.5 is not a pull request number from 1", { number: 1.5 }],
  ['repository: "kbot" is not "owner/name"', { repository: "kbot" }],
  ['sha: "main" is not a full commit sha in lower-case hex', { sha: "main" }],
  ['controlNamespace: "App" is not a namespace name', { controlNamespace: "App" }],
  [
    'source.url: "git@host:x" is not an http://, https:// or ssh:// clone URL',
    { source: { ...source, url: "git@host:x" } },
  ],
  ['source.secretName: "" is not a Secret\'s name', { source: { ...source, secretName: "" } }],
  ['source.interval: "1 h" is not a duration such as "1h"', { source: { ...source, interval: "1 h" } }],
  ['chart.path: "../x" is not a folder of the repository such as "./helm"', { chart: { ...chart, path: "../x" } }],
  ['chart.path: "/x" is not a folder of the repository such as "./helm"', { chart: { ...chart, path: "/x" } }],
  ['chart.timeout: "5" is not a duration such as "5m"', { chart: { ...chart, timeout: "5" } }],
  ['route.host: "a_b" is not a host name such as "kbot.example.com"', { route: { ...route, host: "a_b" } }],
  ['route.proxyNamespace: "-" is not a namespace name', { route: { ...route, proxyNamespace: "-" } }],
];

test.for(refused)("%s", ([problem, change]) => {
  expect(previewProblems({ ...previewSpec, ...change })).toEqual([problem]);
});

test.for([
  { sha: "a".repeat(64) },
  { source: { ...source, url: "http://10.0.0.1:3000/o/r.git" } },
  { source: { ...source, url: "ssh://git@host/o/r.git" } },
  { chart: { ...chart, path: "charts/app", interval: "1m30s" } },
] satisfies Partial<PreviewSpec>[])("accepts %j", (change) => {
  expect(previewProblems({ ...previewSpec, ...change })).toEqual([]);
});

test("one error names the pull request and every problem", () => {
  expect(() => {
    assertPreviewSpec({ ...previewSpec, sha: "main", repository: "kbot" });
  }).toThrow(
    "the preview of pull request 41 cannot be made:\n" +
      '  repository: "kbot" is not "owner/name"\n' +
      '  sha: "main" is not a full commit sha in lower-case hex',
  );
});
