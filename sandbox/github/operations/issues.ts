import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { notFound, validationFailed } from "../api-error.ts";
import {
  authorOr,
  created,
  issueOf,
  may,
  noContent,
  ok,
  operation,
  page,
  repositoryOf,
  signedIn,
  type Call,
  type Operations,
} from "../call.ts";
import { close } from "../follow-refs.ts";
import { isPullRequest, type Comment, type Issue, type Repository } from "../model.ts";
import { labelsOf, renderComment, renderIssue } from "../representation/issue.ts";
import { labelNames, labelsNamed } from "./labels.ts";
import { changeState } from "./pulls.ts";

export const issues: Operations = {
  "issues/list-for-repo": operation<Rest["issues"]["listForRepo"]>((call) => {
    const repository = repositoryOf(call);
    const { input } = call;
    const labels = input.labels?.split(",").filter((name) => name !== "") ?? [];
    const matching = repository.issues.filter(
      (issue) =>
        (input.state === "all" || issue.state === (input.state ?? "open")) &&
        (input.creator === undefined || issue.author === input.creator) &&
        (input.since === undefined || Date.parse(issue.updatedAt) >= Date.parse(input.since)) &&
        labels.every((name) => labelsOf(repository, issue).some((label) => label.name === name)),
    );
    const by = input.sort === "updated" ? "updatedAt" : "createdAt";
    const ascending = matching.toSorted((a, b) => Date.parse(a[by]) - Date.parse(b[by]) || a.number - b.number);
    const ordered = input.direction === "asc" ? ascending : ascending.toReversed();
    return page(call, ordered, (issue) => renderIssue(call.hub, repository, issue));
  }),

  "issues/create": operation<Rest["issues"]["create"]>((call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const { login } = signedIn(call);
    const now = hub.now();
    const names = may(call, repository, "triage") ? labelNames(input.labels) : [];
    const issue: Issue = {
      id: hub.store.newId(),
      number: repository.nextNumber++,
      author: login,
      createdAt: now,
      updatedAt: now,
      title: String(input.title),
      body: input.body ?? null,
      state: "open",
      closedAt: null,
      closedBy: null,
      labelIds: labelsNamed(hub, repository, names),
    };
    repository.issues.push(issue);
    return created(renderIssue(hub, repository, issue));
  }),

  "issues/get": operation<Rest["issues"]["get"]>((call) => {
    const repository = repositoryOf(call);
    return ok(renderIssue(call.hub, repository, issueOf(repository, call.input.issue_number)));
  }),

  "issues/update": operation<Rest["issues"]["update"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const issue = issueOf(repository, input.issue_number);
    const { login } = authorOr(call, issue.author, repository, "triage");
    if (typeof input.title === "string") issue.title = input.title;
    if (input.body !== undefined) issue.body = input.body;
    if (input.labels !== undefined && may(call, repository, "triage")) {
      issue.labelIds = labelsNamed(hub, repository, labelNames(input.labels));
    }
    if (isPullRequest(issue)) await changeState(hub, repository, issue, input.state, login);
    else if (input.state === "closed" && issue.state === "open") close(hub, issue, login);
    else if (input.state === "open") Object.assign(issue, { state: "open", closedAt: null, closedBy: null });
    issue.updatedAt = hub.now();
    return ok(renderIssue(hub, repository, issue));
  }),

  "issues/list-comments": operation<Rest["issues"]["listComments"]>((call) => {
    const repository = repositoryOf(call);
    const { number } = issueOf(repository, call.input.issue_number);
    const comments = repository.comments.filter(({ issueNumber }) => issueNumber === number);
    return page(call, since(comments, call.input.since), (comment) => renderComment(call.hub, repository, comment));
  }),

  "issues/list-comments-for-repo": operation<Rest["issues"]["listCommentsForRepo"]>((call) => {
    const repository = repositoryOf(call);
    const comments = since(repository.comments, call.input.since);
    const ordered = call.input.direction === "desc" ? comments.toReversed() : comments;
    return page(call, ordered, (comment) => renderComment(call.hub, repository, comment));
  }),

  "issues/get-comment": operation<Rest["issues"]["getComment"]>((call) => {
    const { repository, comment } = commentOf(call);
    return ok(renderComment(call.hub, repository, comment));
  }),

  "issues/create-comment": operation<Rest["issues"]["createComment"]>((call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const issue = issueOf(repository, input.issue_number);
    const { login } = signedIn(call);
    const body = checkedBody(input.body);
    const now = hub.now();
    const comment = {
      id: hub.store.newId(),
      issueNumber: issue.number,
      author: login,
      body,
      createdAt: now,
      updatedAt: now,
    };
    repository.comments.push(comment);
    issue.updatedAt = now;
    return created(renderComment(hub, repository, comment));
  }),

  "issues/update-comment": operation<Rest["issues"]["updateComment"]>((call) => {
    const { repository, comment } = commentOf(call);
    authorOr(call, comment.author, repository, "write");
    comment.body = checkedBody(call.input.body);
    comment.updatedAt = call.hub.now();
    return ok(renderComment(call.hub, repository, comment));
  }),

  "issues/delete-comment": operation<Rest["issues"]["deleteComment"]>((call) => {
    const { repository, comment } = commentOf(call);
    authorOr(call, comment.author, repository, "write");
    repository.comments.splice(repository.comments.indexOf(comment), 1);
    return noContent();
  }),
};

/** GitHub's limit of a comment, in characters. */
const longestBody = 65_536;

function checkedBody(body: string): string {
  if (body.trim() === "") throw validationFailed({ resource: "IssueComment", field: "body", code: "missing_field" });
  if (body.length > longestBody) {
    const message = `body is too long (maximum is ${longestBody} characters)`;
    throw validationFailed({ resource: "IssueComment", field: "body", code: "custom", message });
  }
  return body;
}

function commentOf(call: Call<{ readonly owner: string; readonly repo: string; readonly comment_id: number }>): {
  readonly repository: Repository;
  readonly comment: Comment;
} {
  const repository = repositoryOf(call);
  const comment = repository.comments.find(({ id }) => id === call.input.comment_id);
  if (!comment) throw notFound();
  return { repository, comment };
}

function since(comments: readonly Comment[], time: string | undefined): readonly Comment[] {
  if (time === undefined) return comments;
  return comments.filter(({ updatedAt }) => Date.parse(updatedAt) >= Date.parse(time));
}
