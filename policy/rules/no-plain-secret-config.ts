import type { ProgramRule } from "../rule";
import { secretLooks } from "../secret-looks";

export const noPlainSecretConfig: ProgramRule = {
  name: "no-plain-secret-config",
  description: "No configuration value of a stack is a secret in plain text.",
  scope: "Configuration of every stack",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    "Set it again with `pulumi config set --secret`, and replace what it gave away: it may be in Git's history.",
  checks: "program",
  applies: ({ config }) => config !== undefined,
  problems({ config }) {
    return Object.entries(config?.values ?? {}).flatMap(([key, value]) => {
      const looks = secretLooks({ key: key.slice(key.indexOf(":") + 1), value, owner: undefined });
      if (looks === undefined || config?.secretKeys.includes(key)) return [];
      return [{ problem: `configuration ${key} ${looks}` }];
    });
  },
};
