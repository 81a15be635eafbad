import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { Repository } from "../../components/repository";
import { repositorySettings } from "./repository-settings";

/** What the stack answers. */
export interface RepositoryOutputs {
  /** Environment of GitHub Actions that the previews workflow runs in. */
  readonly environment: pulumi.Output<string>;
  /** Where each webhook posts to. Secret. */
  readonly webhookUrls: pulumi.Output<{ [name: string]: string }>;
  /** What each webhook is signed with, for its Receiver. Secret. */
  readonly webhookSecrets: pulumi.Output<{ [name: string]: string }>;
}

/** The GitHub side of previews: labels, the environment with the workflow's secrets, and webhooks. */
export function repositoryProgram(project: string, config: Readonly<Record<string, string>>): RepositoryOutputs {
  const settings = repositorySettings(project, config);
  const { repository, ...args } = settings.repository;
  if (repository === undefined) {
    throw new pulumi.RunError(
      `the configuration of ${project} cannot be used:\n  repository: is missing; allowed: "owner/name"`,
    );
  }
  const { token, apiUrl } = settings.github;
  const provider = new github.Provider("github", {
    owner: repository.split("/")[0] ?? "",
    ...(token === undefined ? {} : { token }),
    ...(apiUrl === undefined ? {} : { baseUrl: apiUrl }),
  });
  const { checks = [] } = settings.protection;
  const { environment, webhookUrls, webhookSecrets } = new Repository(
    "repository",
    {
      repository,
      ...args,
      secrets: { ...settings.secrets },
      ...(checks.length > 0 ? { protection: { checks } } : {}),
    },
    { provider },
  );
  return { environment, webhookUrls, webhookSecrets };
}
