import { PolicyPack } from "@pulumi/policy";
import { EngineRequests } from "./analyzer/engine-requests";
import { policyOf } from "./analyzer/policy-of";
import { rules } from "./rules";

const requests = new EngineRequests();
requests.listen();

new PolicyPack("preview-environments", { policies: rules.map((rule) => policyOf(rule, requests)) });
