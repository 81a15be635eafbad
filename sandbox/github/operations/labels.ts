import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { notFound, validationFailed } from "../api-error.ts";
import {
  created,
  issueOf,
  noContent,
  ok,
  operation,
  page,
  permitted,
  repositoryOf,
  type Answer,
  type Call,
  type Operations,
} from "../call.ts";
import type { Hub } from "../hub.ts";
import type { Issue, Label, Repository } from "../model.ts";
import { labelsOf, renderLabel, type RenderedLabel } from "../representation/issue.ts";

export const labels: Operations = {
  "issues/list-labels-for-repo": operation<Rest["issues"]["listLabelsForRepo"]>((call) => {
    const repository = repositoryOf(call);
    return page(call, repository.labels, (label) => renderLabel(call.hub, repository, label));
  }),

  "issues/create-label": operation<Rest["issues"]["createLabel"]>((call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    permitted(call, repository, "write");
    if (findLabel(repository, input.name))
      throw validationFailed({ resource: "Label", field: "name", code: "already_exists" });
    const label = addLabel(hub, repository, input.name, input.color, input.description);
    return created(renderLabel(hub, repository, label));
  }),

  "issues/get-label": operation<Rest["issues"]["getLabel"]>((call) => {
    const repository = repositoryOf(call);
    return ok(renderLabel(call.hub, repository, labelOf(repository, call.input.name)));
  }),

  "issues/update-label": operation<Rest["issues"]["updateLabel"]>((call) => {
    const repository = repositoryOf(call);
    permitted(call, repository, "write");
    const label = labelOf(repository, call.input.name);
    label.name = call.input.new_name ?? label.name;
    label.color = call.input.color ?? label.color;
    label.description = call.input.description ?? label.description;
    return ok(renderLabel(call.hub, repository, label));
  }),

  "issues/delete-label": operation<Rest["issues"]["deleteLabel"]>((call) => {
    const repository = repositoryOf(call);
    permitted(call, repository, "write");
    const label = labelOf(repository, call.input.name);
    repository.labels.splice(repository.labels.indexOf(label), 1);
    for (const issue of repository.issues) issue.labelIds = issue.labelIds.filter((id) => id !== label.id);
    return noContent();
  }),

  "issues/list-labels-on-issue": operation<Rest["issues"]["listLabelsOnIssue"]>((call) => {
    const repository = repositoryOf(call);
    const issue = issueOf(repository, call.input.issue_number);
    return page(call, labelsOf(repository, issue), (label) => renderLabel(call.hub, repository, label));
  }),

  "issues/add-labels": operation<Rest["issues"]["addLabels"]>((call) =>
    change(call, (issue, repository) => {
      const added = labelsNamed(call.hub, repository, requestedNames(call.input));
      return [...new Set([...issue.labelIds, ...added])];
    }),
  ),

  "issues/set-labels": operation<Rest["issues"]["setLabels"]>((call) =>
    change(call, (_, repository) => labelsNamed(call.hub, repository, requestedNames(call.input))),
  ),

  "issues/remove-label": operation<Rest["issues"]["removeLabel"]>((call) =>
    change(call, (issue, repository) => {
      const label = findLabel(repository, call.input.name);
      if (!label || !issue.labelIds.includes(label.id)) throw notFound();
      return issue.labelIds.filter((id) => id !== label.id);
    }),
  ),

  "issues/remove-all-labels": operation<Rest["issues"]["removeAllLabels"]>((call) => {
    change(call, () => []);
    return noContent();
  }),
};

type IssueCall = Call<{ readonly owner: string; readonly repo: string; readonly issue_number: number }>;

function change(call: IssueCall, edit: (issue: Issue, repository: Repository) => number[]): Answer<RenderedLabel[]> {
  const repository = repositoryOf(call);
  const issue = issueOf(repository, call.input.issue_number);
  permitted(call, repository, "triage");
  const changed = edit(issue, repository);
  issue.labelIds = changed;
  issue.updatedAt = call.hub.now();
  return ok(labelsOf(repository, issue).map((label) => renderLabel(call.hub, repository, label)));
}

type NamedLabel = string | { readonly name?: string | null };

/** The names in a list of labels, given as strings or as objects. */
export function labelNames(list: readonly NamedLabel[] | undefined): readonly string[] {
  return (list ?? []).flatMap((entry) => (typeof entry === "string" ? entry : (entry.name ?? [])));
}

/** The body of a request about labels: `{labels: […]}`, or the bare list, which arrives under the key `body`. */
function requestedNames(input: object): readonly string[] {
  const list = "labels" in input ? input.labels : "body" in input ? input.body : undefined;
  return labelNames(Array.isArray(list) ? (list as readonly NamedLabel[]) : typeof list === "string" ? [list] : []);
}

/** Ids of the labels with these names. GitHub makes the ones that do not exist yet. */
export function labelsNamed(hub: Hub, repository: Repository, names: readonly string[]): number[] {
  return names.map((name) => (findLabel(repository, name) ?? addLabel(hub, repository, name)).id);
}

function findLabel(repository: Repository, name: string): Label | undefined {
  return repository.labels.find((label) => label.name.toLowerCase() === name.toLowerCase());
}

function labelOf(repository: Repository, name: string): Label {
  const label = findLabel(repository, name);
  if (!label) throw notFound();
  return label;
}

function addLabel(hub: Hub, repository: Repository, name: string, color = "ededed", description?: string): Label {
  const label = { id: hub.store.newId(), name, color, description: description ?? null };
  repository.labels.push(label);
  return label;
}
