import type { Hub } from "./hub.ts";
import { fullName, type Comment, type PullRequest, type Repository } from "./model.ts";
import { labelsOf } from "./representation/issue.ts";

/** What a browser sees at the address of a pull request. */
export function pullRequestPage(hub: Hub, repository: Repository, pullRequest: PullRequest): string {
  const { number, title, author, body, pull } = pullRequest;
  const name = escapeHtml(fullName(repository));
  const status = pull.mergedAt === null ? pullRequest.state : "merged";
  const labels = labelsOf(repository, pullRequest).map((label) => escapeHtml(label.name));
  const code = (text: string) => `<code>${escapeHtml(text)}</code>`;
  const comments = repository.comments.filter(({ issueNumber }) => issueNumber === number);
  return document(`${title} · ${fullName(repository)}#${number}`, [
    `<p><a href="/${name}">${name}</a></p>`,
    `<h1>${escapeHtml(title)} #${number}</h1>`,
    `<p>${status} · ${escapeHtml(author)} wants to merge ${code(pull.head.ref)} (${code(pull.head.sha)}) into ${code(pull.base.ref)}</p>`,
    `<p>Labels: ${labels.join(", ") || "none"}</p>`,
    `<pre>${escapeHtml(body ?? "")}</pre>`,
    ...comments.map((comment) => renderComment(comment)),
  ]);
}

function renderComment({ id, author, updatedAt, body }: Comment): string {
  return `<h2 id="issuecomment-${id}">${escapeHtml(author)}, ${updatedAt}</h2><pre>${escapeHtml(body)}</pre>`;
}

export function repositoryPage(hub: Hub, repository: Repository): string {
  const name = fullName(repository);
  const rows = hub
    .pullRequests(repository)
    .toReversed()
    .map(
      ({ number, title, state }) =>
        `<li>${state} <a href="/${escapeHtml(name)}/pull/${number}">#${number} ${escapeHtml(title)}</a></li>`,
    );
  const clone = `<p><code>git clone ${escapeHtml(hub.urls.clone(name))}</code></p>`;
  return document(name, [`<h1>${escapeHtml(name)}</h1>`, clone, `<ul>${rows.join("")}</ul>`]);
}

function document(title: string, parts: readonly string[]): string {
  return `<!doctype html>\n<meta charset="utf-8">\n<title>${escapeHtml(title)}</title>\n${parts.join("\n")}\n`;
}

/** Titles, names and bodies come from strangers. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
