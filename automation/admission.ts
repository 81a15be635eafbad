import { latestOf, mayCommand, resumed } from "./commands-given.ts";
import {
  isFork,
  sameName,
  type Command,
  type FactName,
  type Facts,
  type Policy,
  type PullRequest,
  type Rule,
  type Verdict,
} from "./model.ts";
import { approvalOf } from "./fork-approval.ts";
import { matchesAny, matchesTitle, selects } from "./patterns.ts";

export interface Situation {
  readonly policy: Policy;
  readonly facts: Facts;
  /** Its preview exists, whole or in part. */
  readonly running: boolean;
  /** The commit that its running preview shows, if it is Ready. */
  readonly runningSha?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A verdict, or the fact without which there is none yet. */
export type Decision = Verdict | { readonly kind: "needs"; readonly fact: FactName };

/**
 * Decides whether a pull request gets a preview. The rules stand in the order in which they are asked; the first that
 * speaks gives the reason. Rules that cost a request come after those that cost none. The cap is asked last, over all
 * pull requests: see {@link file://./cap.ts}.
 */
export function admit(pullRequest: PullRequest, situation: Situation): Decision {
  const { policy, facts, running, now } = situation;
  if (pullRequest.state === "closed") return refuse("closed", "the pull request is closed");
  if (policy.commands && facts.commands === undefined) return needs("commands");
  const commands = facts.commands ?? [];

  const stopped = stopInForce(pullRequest, commands, policy);
  if (stopped) return { ...refuse("stopped", `@${stopped.author} stopped it; /preview starts it again`), ends: true };

  const paused = hasLabel(pullRequest, policy.labels.pause);
  const expiry = paused ? never : expiryOf(pullRequest, commands, policy, facts);
  if (expiry.kind === "needs") return expiry;
  // A preview that nothing asks for any more expires too. For one that never was, the plainer reasons come first.
  const expired = expiry.at !== undefined && expiry.at <= now;
  if (expired && running) return expiredVerdict(expiry.at, policy);

  const filtered = filter(pullRequest, commands, policy);
  if (filtered) return filtered;
  const approval = forkRule(pullRequest, commands, situation);
  if (approval.kind !== "pass") return approval;
  if (paused) return wait("paused", `the label "${policy.labels.pause}" pauses it`);
  const files = filesRule(policy, facts);
  if (files.kind !== "pass") return files;
  if (expired) return expiredVerdict(expiry.at, policy);
  const image = imageRule(pullRequest, situation);
  if (image.kind !== "pass") return image;

  const verdict: Verdict = { kind: "admit", rule: "admitted", reason: askedBy(pullRequest, commands, policy) };
  return expiry.at === undefined ? verdict : { ...verdict, expiresAt: new Date(expiry.at).toISOString() };
}

/** Whether somebody asked for a preview of it, by the label or by a command. */
export function isAskedFor(pullRequest: PullRequest, commands: readonly Command[], policy: Policy): boolean {
  return hasLabel(pullRequest, policy.label) || startedBy(commands, policy) !== undefined;
}

interface Pass {
  readonly kind: "pass";
}

const pass: Pass = { kind: "pass" };

/** The rules that the pull request itself answers. */
function filter(pullRequest: PullRequest, commands: readonly Command[], policy: Policy): Verdict | undefined {
  const { labels, branches, authors, associations } = policy;
  const { title, author, authorAssociation, draft, base, head } = pullRequest;
  if (policy.label !== "*" && !isAskedFor(pullRequest, commands, policy)) {
    return refuse("label", `the label "${policy.label}" is missing`);
  }
  const missing = labels.all.filter((name) => !hasLabel(pullRequest, name));
  if (missing.length > 0) return refuse("labels", `it lacks ${labelled(missing)}`);
  if (labels.any.length > 0 && !labels.any.some((name) => hasLabel(pullRequest, name))) {
    return refuse("labels", `it has none of ${labelled(labels.any)}`);
  }
  const unwanted = labels.none.filter((name) => hasLabel(pullRequest, name));
  if (unwanted.length > 0) return refuse("labels", `it has ${labelled(unwanted)}, which keeps previews away`);
  if (!isAmong(author, authors)) return refuse("author", `pull requests of ${author} get no preview`);
  if (associations.length > 0 && !associations.includes(authorAssociation)) {
    return refuse(
      "author",
      `its author is ${authorAssociation} to the repository; allowed: ${associations.join(", ")}`,
    );
  }
  if (!selects(branches.base, base.branch)) {
    return refuse("base branch", `pull requests against the branch "${base.branch}" get no preview`);
  }
  if (!selects(branches.head, head.branch)) {
    return refuse("head branch", `pull requests from the branch "${head.branch}" get no preview`);
  }
  if (policy.title !== undefined && !matchesTitle(policy.title, title)) {
    return refuse("title", `its title does not match ${policy.title}`);
  }
  if (draft && !policy.drafts) return refuse("draft", "it is a draft");
  return undefined;
}

function forkRule(pullRequest: PullRequest, commands: readonly Command[], { policy, facts }: Situation) {
  if (policy.forks === "allow" || !isFork(pullRequest)) return pass;
  const { head } = pullRequest;
  const from = head.repository === undefined ? "a fork that is gone" : `the fork ${head.repository}`;
  if (policy.forks === "refuse") return refuse("fork", `it comes from ${from}; forks get no preview`);
  const approval = approvalOf(head.sha, commands, policy, facts);
  if (approval.kind === "needs") return approval;
  if (approval.kind === "approved") return pass;
  const how = `a maintainer approves this commit with "/preview approve ${head.sha}"`;
  return refuse("fork", [`it comes from ${from}`, approval.why, how].filter((part) => part !== undefined).join("; "));
}

function filesRule({ files }: Policy, { changedFiles }: Facts): Decision | Pass {
  if (files.include.length === 0 && files.exclude.length === 0) return pass;
  if (changedFiles === undefined) return needs("changedFiles");
  // More than GitHub lists: what is not seen may well be among them.
  if (changedFiles === null || changedFiles.some((path) => selects(files, path))) return pass;
  const wanted = files.include.length > 0 ? ` under ${files.include.join(", ")}` : " that counts";
  return refuse("files", `it changes nothing${wanted}`);
}

/** A commit that the preview shows already has had its image: a tag that was cleaned up stops no running preview. */
function imageRule({ head }: PullRequest, { policy, facts, runningSha }: Situation): Decision | Pass {
  if (policy.image === undefined || runningSha === head.sha) return pass;
  const { image } = facts;
  if (image === undefined) return needs("image");
  const reference = imageReference(policy.image, head.sha);
  if (image.kind === "present") return pass;
  if (image.kind === "absent") return wait("image", `the image ${reference} is not there yet`);
  return wait("image", `whether the image ${reference} is there could not be told: ${image.reason}`);
}

/** The image of a commit: its tag is the sha where the setting names none. */
export function imageReference(image: string, sha: string): string {
  return image.includes("{sha}") ? image.replaceAll("{sha}", sha) : `${image}:${sha}`;
}

type Expiry = { readonly kind: "known"; readonly at: number | undefined } | { kind: "needs"; fact: FactName };

const never: Expiry = { kind: "known", at: undefined };

function expiryOf(pullRequest: PullRequest, commands: readonly Command[], policy: Policy, facts: Facts): Expiry {
  if (policy.ttlSeconds === undefined || hasLabel(pullRequest, policy.labels.keep)) return never;
  if (facts.lastPush === undefined) return needs("lastPush");
  const signs = [
    facts.lastPush,
    latestOf("keep", pullRequest, commands, policy)?.at,
    resumed(pullRequest, commands, policy)?.at,
  ];
  const last = Math.max(...signs.filter((at) => at !== undefined).map((at) => Date.parse(at)));
  return { kind: "known", at: last + policy.ttlSeconds * 1000 };
}

function expiredVerdict(at: number | undefined, { labels }: Policy): Verdict {
  const since = new Date(at ?? 0).toISOString().replace(/\.\d+Z$/, "Z");
  const how = `a push, /preview keep or the label "${labels.keep}" brings it back`;
  return { ...refuse("expired", `it expired at ${since}; ${how}`), ends: true };
}

/** The last word wins: a stop holds until somebody who may starts it again. */
function stopInForce(pullRequest: PullRequest, commands: readonly Command[], policy: Policy): Command | undefined {
  const last = commands.findLast(
    (command) => (command.kind === "stop" || command.kind === "start") && mayCommand(command, pullRequest, policy),
  );
  return last?.kind === "stop" ? last : undefined;
}

function startedBy(commands: readonly Command[], policy: Policy): Command | undefined {
  // It stands for the label, which an author may not be able to set: so it takes the right to.
  return commands.findLast((command) => command.kind === "start" && mayCommand(command, undefined, policy));
}

function askedBy(pullRequest: PullRequest, commands: readonly Command[], policy: Policy): string {
  if (policy.label === "*") return "every pull request gets a preview";
  if (hasLabel(pullRequest, policy.label)) return `it has the label "${policy.label}"`;
  return `@${startedBy(commands, policy)?.author ?? ""} asked for it`;
}

function hasLabel({ labels }: PullRequest, label: string): boolean {
  return labels.some((name) => sameName(name, label));
}

function isAmong(author: string, { include, exclude }: Policy["authors"]): boolean {
  return (include.length === 0 || matchesAny(include, author)) && !matchesAny(exclude, author);
}

function labelled(names: readonly string[]): string {
  return `the ${names.length === 1 ? "label" : "labels"} ${names.map((name) => `"${name}"`).join(", ")}`;
}

function needs(fact: FactName): { readonly kind: "needs"; readonly fact: FactName } {
  return { kind: "needs", fact };
}

function refuse(rule: Rule, reason: string): Verdict {
  return { kind: "refuse", rule, reason };
}

function wait(rule: Rule, reason: string): Verdict {
  return { kind: "wait", rule, reason };
}
