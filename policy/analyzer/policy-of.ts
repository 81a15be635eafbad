import type {
  PolicyConfigSchema,
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import { registeredResource } from "../registered-resource";
import { describeResource, type Program, type Resource } from "../resource";
import { pageOf, type ProgramRule, type ResourceRule, type Rule, type Setting, type Settings } from "../rule";
import type { EngineRequests } from "./engine-requests";

/** A rule as Pulumi runs it. */
export function policyOf(rule: Rule, requests: EngineRequests): ResourceValidationPolicy | StackValidationPolicy {
  const { name, description, severity, enforcementLevel, remediation, settings } = rule;
  const policy = {
    name,
    description,
    severity,
    enforcementLevel,
    remediationSteps: remediation,
    url: pageOf(rule),
    ...(settings === undefined ? {} : { configSchema: configSchema(settings) }),
  };
  if (rule.checks === "resource") {
    return {
      ...policy,
      validateResource: (args, report) => {
        validateResource(rule, args, report, requests);
      },
    };
  }
  return {
    ...policy,
    validateStack: (args, report) => {
      validateStack(rule, args, report, requests);
    },
  };
}

function configSchema(settings: Readonly<Record<string, Setting>>): PolicyConfigSchema {
  const properties = Object.entries(settings).map(([name, { description, default: value }]) => {
    return [name, { type: "array", items: { type: "string" }, description, default: [...value] }] as const;
  });
  return { properties: Object.fromEntries(properties) };
}

function validateResource(
  rule: ResourceRule,
  args: ResourceValidationArgs,
  report: ReportViolation,
  requests: EngineRequests,
): void {
  const settings = args.getConfig<Settings>();
  const resource = view(args, requests.inputsOf(args.urn));
  if (!rule.applies(resource, settings)) args.notApplicable(`It looks at: ${rule.scope}`);
  for (const problem of rule.problems(resource, settings)) report(message(rule, resource, problem));
}

function validateStack(
  rule: ProgramRule,
  args: StackValidationArgs,
  report: ReportViolation,
  requests: EngineRequests,
): void {
  const settings = args.getConfig<Settings>();
  const { config } = requests;
  const program: Program = {
    resources: args.resources.map((resource) => view(resource, requests.outputsOf(resource.urn))),
    ...(config === undefined ? {} : { config }),
  };
  if (!rule.applies(program, settings)) args.notApplicable(`It looks at: ${rule.scope}`);
  for (const { resource, problem } of rule.problems(program, settings)) {
    report(message(rule, resource, problem), resource?.urn);
  }
}

type Seen = Pick<PolicyResource, "type" | "name" | "urn" | "opts"> & {
  readonly props: Readonly<Record<string, unknown>>;
};

/** A resource as the rules see it; where the engine's request was not heard, without knowing what is secret. */
function view({ type, name, urn, opts, props }: Seen, heard: Readonly<Record<string, unknown>> | undefined): Resource {
  const { protect } = opts;
  if (heard === undefined) return { type, name, urn, props, protect, secretPaths: undefined };
  return registeredResource({ type, name, urn, properties: heard, protect });
}

/** Pulumi shows the description above, and neither remediation nor page. */
function message(rule: Rule, resource: Resource | undefined, problem: string): string {
  const what = resource === undefined ? problem : `${describeResource(resource)}: ${problem}`;
  return `${what}\n${rule.remediation} See ${pageOf(rule)}.`;
}
