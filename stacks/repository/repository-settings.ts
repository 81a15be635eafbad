import type { RepositoryHookArgs } from "../../components/repository";
import { listOf, mapOf, rules } from "../../components/rules";
import { json, readSettings, text, type SettingsOf } from "../settings";

export interface RepositorySettings {
  readonly github: { readonly token?: string; readonly apiUrl?: string };
  readonly repository: {
    readonly repository?: string;
    readonly defaultBranch?: string;
    readonly label?: string;
    readonly keepLabel?: string;
    readonly pauseLabel?: string;
    readonly environment?: string;
    readonly variables?: { [name: string]: string };
    readonly webhooks?: { [name: string]: RepositoryHookArgs };
  };
  /** By the names they have in GitHub Actions. */
  readonly secrets: {
    readonly KUBECONFIG?: string;
    readonly PULUMI_CONFIG_PASSPHRASE?: string;
    readonly PULUMI_ACCESS_TOKEN?: string;
  };
  readonly protection: { readonly checks?: string[] };
}

/** Which key of the configuration is which argument. Described, with their defaults, in `Pulumi.yaml`. */
const sections: { readonly [Name in keyof RepositorySettings]: SettingsOf<RepositorySettings[Name]> } = {
  github: {
    token: text("token", rules.token),
    apiUrl: text("apiUrl", rules.url),
  },
  repository: {
    repository: text("repository", rules.repository),
    defaultBranch: text("defaultBranch", rules.nonEmpty),
    label: text("label", rules.label),
    keepLabel: text("keepLabel", rules.label),
    pauseLabel: text("pauseLabel", rules.label),
    environment: text("environment", rules.nonEmpty),
    variables: json("variables", mapOf(rules.nonEmpty)),
    webhooks: json("webhooks", mapOf(rules.object)),
  },
  secrets: {
    KUBECONFIG: text("kubeconfig", { ...rules.nonEmpty, secret: true }),
    PULUMI_CONFIG_PASSPHRASE: text("passphrase", { ...rules.nonEmpty, secret: true }),
    PULUMI_ACCESS_TOKEN: text("accessToken", rules.token),
  },
  protection: {
    checks: json("requiredChecks", listOf(rules.nonEmpty)),
  },
};

/** The repository's settings from the configuration of its stack; throws one error with every problem. */
export function repositorySettings(project: string, config: Readonly<Record<string, string>>): RepositorySettings {
  return readSettings(project, config, sections);
}
