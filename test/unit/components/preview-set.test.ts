import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../../components/manifests/kubernetes-object.ts";
import { previewDefaults, previewObjects, type PreviewSpec } from "../../../components/manifests/preview.ts";
import {
  admissionInput,
  admissionProvider,
  resourceSet,
  settingsHash,
} from "../../../components/manifests/preview-set.ts";
import { admissionProblems, previewSetProblems } from "../../../components/manifests/preview-set-problems.ts";
import {
  previewSetDefaults,
  type GitHubReading,
  type PreviewSetSpec,
} from "../../../components/manifests/preview-set-spec.ts";
import {
  admittedObjects,
  previewSetTemplate,
  pullRequestObjects,
} from "../../../components/manifests/preview-set-template.ts";
import { filled, templateText, type Slot } from "../../../components/manifests/template-text.ts";
import { PreviewSet, type PreviewSetArgs } from "../../../components/preview-set.ts";
import { platformSettings } from "../../../stacks/platform/platform-settings.ts";
import { previewSpec } from "./fixtures.ts";

const { repository, controlNamespace, source, chart, values, route } = previewSpec;
const preview = { repository, controlNamespace, source, chart, values, route };
const github: PreviewSetSpec = { name: "previews", source: "github", preview };
const admission: PreviewSetSpec = { ...github, source: "admission" };
const reading: GitHubReading = { ...previewSetDefaults, url: "https://github.com/den-vasyliev/kbot" };
const about = { author: "someone", title: "A title", labels: ["preview"] };
const spec: PreviewSpec = { ...previewSpec, engine: "flux" };

describe("a text as a template", () => {
  const slots: readonly Slot<{ readonly a: string }>[] = [
    { mark: "MARK", go: "inputs.a", value: ({ a }) => a },
    { mark: "MARK-OF-ALL", go: "inputs.all", as: "toJson", value: () => ({ x: 1 }) },
  ];

  test.for([
    ["plain", '"plain"', "plain"],
    ["MARK", "<< inputs.a | quote >>", "A"],
    ["/MARK/", '<< print "/" inputs.a "/" | quote >>', "/A/"],
    ["MARKMARK", "<< print inputs.a inputs.a | quote >>", "AA"],
    ["MARK-OF-ALL", "<< inputs.all | toJson >>", { x: 1 }],
    ["<< inputs.a >>", '"\\u003c\\u003c inputs.a \\u003e\\u003e"', "<< inputs.a >>"],
    ["é \u0085 \u2028 😀", '"\\u00e9 \\u0085 \\u2028 😀"', "é \u0085 \u2028 😀"],
    ['"\n\\MARK', '<< print "\\"\\n\\\\" inputs.a | quote >>', '"\n\\A'],
  ] as const)("%j is %j", ([text, expected, value]) => {
    expect(templateText(text, slots)).toBe(expected);
    expect(filled(text, slots, { a: "A" })).toEqual(value);
  });

  test("what is fixed stands for itself, and opens no expression", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = templateText(value, []);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/<<|>>/);
      }),
    );
  });
});

describe("a set's template", () => {
  test("quotes whatever an input decides, and holds no mark", () => {
    for (const set of [github, admission]) {
      const template = previewSetTemplate(set);
      const expressions = [...template.matchAll(/<<-? (.*?) >>/g)].map((match) => match[1] ?? "");
      expect(expressions.length).toBeGreaterThan(50);
      for (const expression of expressions.slice(1)) expect(expression).toMatch(/ \| (quote|toJson)$/);
      expect(template).not.toMatch(/7310984265|5ea1ed|mark-of/);
    }
  });

  test("of admitted pull requests gives their previews as they are, with what events carry", () => {
    const objects = admittedObjects(admission, admissionInput(spec, about));
    const expected: KubernetesObject[] = Object.values({ ...previewObjects(spec) });
    expect(objects.map(({ kind }) => kind)).toEqual(expected.map(({ kind }) => kind));
    expect(objects.slice(0, -1)).toEqual(expected.slice(0, -1));
    expect(objects.at(-1)).toMatchObject(previewObjects(spec).helmRelease);
  });

  test("takes a pull request without branch and author", () => {
    const input = { id: "7", sha: spec.sha, chart: "./helm" };
    const release = pullRequestObjects(github, input).at(-1);
    expect(release?.metadata.annotations["event.toolkit.fluxcd.io/author"]).toBe("");
    expect(release?.metadata.annotations["event.toolkit.fluxcd.io/preview-url"]).toBe("http://kbot.example.com/pr-7");
  });

  test("moves the settings' hash with all that previews share", () => {
    const other = { ...admission, preview: { ...preview, quota: { pods: "3" } } };
    expect(settingsHash(other)).not.toBe(settingsHash(admission));
    expect(resourceSet(other).metadata.annotations).toMatchObject({
      "preview-environments.dev/settings-hash": settingsHash(other),
    });
  });

  test("has an input for each app's preview, named for it and found by the set", () => {
    const { metadata, spec: provided } = admissionProvider(admission, { ...spec, app: "api" }, about);
    expect(metadata).toMatchObject({
      name: "pr-41-api",
      namespace: "app-preview",
      labels: { "preview-environments.dev/preview-set": "previews" },
    });
    expect(provided).toMatchObject({ type: "Static", defaultValues: { name: "pr-41-api", number: "41" } });
    const { inputsFrom } = resourceSet(admission).spec as { inputsFrom: unknown };
    expect(inputsFrom).toEqual([
      {
        kind: "ResourceSetInputProvider",
        selector: { matchLabels: { "preview-environments.dev/preview-set": "previews" } },
      },
    ]);
  });
});

describe("a set that cannot be made", () => {
  test.for<[string, Partial<PreviewSetSpec["preview"]>, Partial<GitHubReading>]>([
    ['repository: "kbot" is not "owner/name"', { repository: "kbot" }, {}],
    [
      'chart.path: "../x" is not a folder of the repository such as "./helm"',
      { chart: { ...chart, path: "../x" } },
      {},
    ],
    ['route.host: "a_b" is not a host name such as "kbot.example.com"', { route: { ...route, host: "a_b" } }, {}],
    ["values.a.b: holds a character that YAML refuses", { values: { a: { b: "\u0080" } } }, {}],
    ["values: hold a text that stands for an input in the template", { values: { a: "mark-of-the-branch" } }, {}],
    [
      'url: "github.com/o/r" is not a repository\'s page such as "https://github.com/owner/name"',
      {},
      { url: "github.com/o/r" },
    ],
    ["labels: [] is not a list of labels", {}, { labels: [] }],
    ['interval: "often" is not a duration such as "1m"', {}, { interval: "often" }],
    ["limit: 0 is not a number from 1 to 10000", {}, { limit: 0 }],
    ['secretName: "" is not a Secret\'s name', {}, { secretName: "" }],
  ])("%s", ([problem, more, other]) => {
    const set = { ...github, preview: { ...preview, ...more } };
    expect(previewSetProblems(set, { ...reading, ...other })).toEqual([problem]);
  });

  test("a host that only a long pull request number makes too long", () => {
    const host = `${"a.".repeat(119)}example`;
    const set = { ...github, preview: { ...preview, route: { ...route, mode: "host" as const, host } } };
    expect(previewSetProblems(set, reading)[0]).toMatch(/^route\.host: /);
  });
});

describe("an input that may not be published", () => {
  test.for<[string, Partial<PreviewSpec>]>([
    ['engine: "automation" is not "flux"', { engine: "automation" }],
    ['sha: "main" is not a full commit sha in lower-case hex', { sha: "main" }],
    ["branch: holds a character that YAML refuses", { branch: "a\u0007\u0090" }],
    ["values.list.0: holds a character that YAML refuses", { values: { list: ["\u007f"] } }],
    [
      "HelmRelease.spec.interval: the set renders it otherwise than this preview needs it",
      { chart: { ...chart, interval: "9m" } },
    ],
    [
      "ResourceQuota.spec.hard.pods: the set renders it otherwise than this preview needs it",
      { quota: { ...previewDefaults.quota, pods: "1" } },
    ],
  ])("%s", ([problem, more]) => {
    expect(admissionProblems(admission, { ...spec, ...more }, about)).toEqual([problem]);
  });

  test("one that is too large", () => {
    const large = { ...spec, values: { text: "x".repeat(70_000) } };
    expect(admissionProblems(admission, large, about)).toEqual([
      expect.stringMatching(/^values: the input has \d+ bytes; an input may have 65536$/),
    ]);
  });

  test("everything that differs between apps and forks is in the input", () => {
    const other = {
      ...spec,
      app: "api",
      source: { ...source, url: "https://github.com/someone/kbot.git" },
      chart: { ...chart, path: "./api/helm" },
      values: { greeting: "<< hello >>" },
      route: { ...route, host: "api.example.com" },
    };
    expect(admissionProblems(admission, other, about)).toEqual([]);
  });
});

describe("the component", () => {
  test.for<[Partial<PreviewSetArgs>, string]>([
    [{ source: "gitlab", secretName: "s" }, 'source: "gitlab" is not one of "github", "admission"'],
    [{}, 'secretName: is missing; source "github" reads pull requests with the token of a Secret'],
    [{ secretName: "s", feedback: "email" }, 'feedback: "email" is not one of "comment", "status", "none"'],
    [{ source: "admission", feedback: "comment" }, 'feedback: is the driver\'s own with source "admission"'],
    [{ secretName: "s", repository: "kbot" }, 'repository: "kbot" is not "owner/name"'],
    [{ secretName: "s", timeout: "soon" }, 'timeout: "soon" is not a duration such as "5m"'],
  ])("with %j is refused: %s", ([args, problem]) => {
    const set = () => new PreviewSet("s", { source: "github", repository, ...args });
    expect(set).toThrow(`PreviewSet "s" cannot be made:\n  ${problem}`);
  });
});

describe("the platform with the flux engine", () => {
  const config = (more: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries({ previewEngine: "flux", ...more }).map(([key, value]) => [`p:${key}`, value]));

  test.for<[Readonly<Record<string, string>>, string[]]>([
    [{}, ["previewRepository: is missing", "githubToken: is missing"]],
    [{ previewSource: "admission" }, ["previewRepository: is missing"]],
    [{ previewRepository: "o/r" }, ["githubToken: is missing"]],
    [
      { previewRepository: "o/r", githubToken: "t", previewSource: "gitlab" },
      ['previewSource: "gitlab" is not one of'],
    ],
    [{ previewEngine: "argo" }, ['previewEngine: "argo" is not one of "automation", "flux"']],
  ])("and %j says what is wrong before anything is registered", ([more, problems]) => {
    expect(() => platformSettings("p", config(more))).toThrow("the configuration of p cannot be used:");
    for (const problem of problems) expect(() => platformSettings("p", config(more))).toThrow(problem);
  });
});
