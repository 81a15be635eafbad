import { UNKNOWN, type Program, type Resource } from "../../../policy/resource.ts";
import { registeredResource } from "../../../policy/registered-resource.ts";
import { changed, object, pod, type Cases } from "./cases.ts";
import { golden, goldenProgram, secretOnTheWire } from "./golden-program.ts";

// Put together here, so that no scanner takes this file for a leak.
const GITHUB_TOKEN = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");
const PRIVATE_KEY = ["-----BEGIN", "PRIVATE", "KEY-----"].join(" ");
const KUBECONFIG = ["client-key-data:", "LS0tLS1CRUdJTg=="].join(" ");

const release = golden("preview-environment", "release");
const source = golden("preview-environment", "source");
const credentials = golden("preview-control-private", "git-credentials");

function resource(type: string, properties: Readonly<Record<string, unknown>>): Resource {
  const name = "it";
  return registeredResource({
    type,
    name,
    urn: `urn:pulumi:dev::platform::${type}::${name}`,
    properties,
    protect: false,
  });
}

function stack(outputs: Readonly<Record<string, unknown>>): Program {
  return { resources: [resource("pulumi:pulumi:Stack", outputs)] };
}

function configured(values: Readonly<Record<string, string>>, secretKeys: readonly string[] = []): Program {
  return { resources: [], config: { values, secretKeys } };
}

/** Cases of the rules against secrets in plain text. */
export const secretCases: Readonly<Record<string, Cases>> = {
  "no-plain-secrets": {
    violating: [
      {
        title: "a chart value by its name, secret to Pulumi or not",
        given: changed(
          release,
          { spec: { values: { database: { password: "hunter2" } } } },
          {
            secretPaths: ["spec.values"],
          },
        ),
        problems: [
          "spec.values.database.password is named like a secret, and Kubernetes shows it to all who can read the object",
        ],
      },
      {
        title: "an environment variable by its name",
        given: pod({}, { env: [{ name: "COOKIE_SECRET", value: "x" }] }),
        problems: [
          "spec.template.spec.containers[0].env[0].value is named like a secret, and Kubernetes shows it to all who can read the object",
        ],
      },
      {
        title: "a token by its looks",
        given: object("v1", "ConfigMap", { data: { "app.ini": `[github]\nuser = bot ${GITHUB_TOKEN}` } }),
        problems: ['data["app.ini"] holds a GitHub token, and Kubernetes shows it to all who can read the object'],
      },
      {
        title: "a password in a clone URL",
        given: changed(source, { spec: { url: "https://bot:hunter2@github.example.com/o/r.git" } }),
        problems: ["spec.url holds a URL with a password, and Kubernetes shows it to all who can read the object"],
      },
      {
        title: "a Secret that Pulumi would keep as plain text",
        given: { ...credentials, secretPaths: [] },
        problems: ["stringData.password is named like a secret, and is not marked as secret"],
      },
      {
        title: "a provider's kubeconfig",
        given: resource("pulumi:providers:kubernetes", { kubeconfig: KUBECONFIG }),
        problems: ["kubeconfig holds a kubeconfig with credentials, and is not marked as secret"],
      },
      {
        title: "a command's environment",
        given: resource("command:local:Command", { environment: { GITHUB_TOKEN: "x" }, create: "true" }),
        problems: ["environment.GITHUB_TOKEN is named like a secret, and is not marked as secret"],
      },
    ],
    passing: [
      { title: "the component's Git credentials, which are secret", given: credentials },
      { title: "the component's release", given: release },
      {
        title: "a provider's kubeconfig that is secret",
        given: resource("pulumi:providers:kubernetes", { kubeconfig: secretOnTheWire(KUBECONFIG) }),
      },
      {
        title: "names of Secrets, and flags",
        given: object("v1", "ServiceAccount", {
          automountServiceAccountToken: false,
          imagePullSecrets: [{ name: "registry-auth" }],
          spec: { existingSecret: "db", pullSecret: "registry-auth", token: "" },
        }),
      },
      { title: "a value that is not known yet", given: pod({}, { env: [{ name: "TOKEN", value: UNKNOWN }] }) },
    ],
    notApplicable: [
      {
        title: "the stack, whose outputs have a rule of their own",
        given: resource("pulumi:pulumi:Stack", { token: "x" }),
      },
      { title: "a Secret of which nobody knows what is secret", given: { ...credentials, secretPaths: undefined } },
    ],
  },

  "no-plain-secret-outputs": {
    violating: [
      {
        title: "by its name",
        given: stack({ githubToken: "x" }),
        problems: ["output githubToken is named like a secret"],
      },
      {
        title: "by its looks",
        given: stack({ all: { nested: [PRIVATE_KEY] } }),
        problems: ["output all.nested[0] holds a private key"],
      },
      {
        title: "a kubeconfig",
        given: stack({ kubeconfig: KUBECONFIG }),
        problems: ["output kubeconfig holds a kubeconfig with credentials"],
      },
    ],
    passing: [
      {
        title: "secrets",
        given: stack({ githubToken: secretOnTheWire("x"), kubeconfig: secretOnTheWire(KUBECONFIG) }),
      },
      { title: "what is no secret", given: stack({ url: "http://kbot.example.com/pr-41", sha: "0123456789abcdef" }) },
    ],
    notApplicable: [
      { title: "a program without its stack", given: goldenProgram("preview-environment") },
      {
        title: "outputs of which nobody knows what is secret",
        given: { resources: stack({ token: "x" }).resources.map((each) => ({ ...each, secretPaths: undefined })) },
      },
    ],
  },

  "no-plain-secret-config": {
    violating: [
      {
        title: "by its name",
        given: configured({ "platform:githubToken": "x" }),
        problems: ["configuration platform:githubToken is named like a secret"],
      },
      {
        title: "by its looks, within a structure",
        given: configured({ "platform:appValues": JSON.stringify({ auth: GITHUB_TOKEN }) }),
        problems: ["configuration platform:appValues holds a GitHub token"],
      },
    ],
    passing: [
      {
        title: "a secret",
        given: configured({ "platform:githubToken": "x", "platform:host": "kbot.example.com" }, [
          "platform:githubToken",
        ]),
      },
      { title: "nothing", given: configured({}) },
    ],
    notApplicable: [{ title: "a configuration that nobody knows", given: goldenProgram("platform-stack") }],
  },
};
