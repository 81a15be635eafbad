import { describe, expect, test } from "vitest";
import { parseCommands } from "../../../automation/commands-given.ts";
import { sha } from "./samples.ts";

const whole = sha("abc1234");

test.each([
  ["to start", "/preview", [{ kind: "start" }]],
  ["to stop", "/preview stop", [{ kind: "stop" }]],
  ["to keep", "/preview keep", [{ kind: "keep" }]],
  ["to approve what is there", "/preview approve", [{ kind: "approve" }]],
  ["to approve a commit", `/preview approve ${whole}`, [{ kind: "approve", sha: whole }]],
  ["to approve a commit by its start", "/preview approve abc1234", [{ kind: "approve", sha: "abc1234" }]],
  ["in capitals", `/PREVIEW Approve ${whole.toUpperCase()}`, [{ kind: "approve", sha: whole }]],
  ["with spaces around its words", "/preview \t stop  ", [{ kind: "stop" }]],
  ["among other words", "Thanks!\r\n/preview stop\r\nBye.", [{ kind: "stop" }]],
  ["several, in their order", "/preview\n/preview stop", [{ kind: "start" }, { kind: "stop" }]],
  ["after code", "```\n/preview\n```\n/preview stop", [{ kind: "stop" }]],
  ["after code with a longer end", "```\n/preview\n````  \n/preview stop", [{ kind: "stop" }]],
  ["after code on one line", "```npm test``` fails.\n/preview stop", [{ kind: "stop" }]],
  ["after a quote", "> why?\n\n/preview stop", [{ kind: "stop" }]],
] as const)("a command %s", (_, body, commands) => {
  expect(parseCommands(body)).toEqual(commands);
});

describe("no command is", () => {
  test.each([
    ["that of another program", "/deploy"],
    ["one with a word that is none", "/preview please"],
    ["one with more words behind it", "/preview stop it now"],
    ["one that only begins like one", "/previews stop"],
    ["one to stop a commit", `/preview stop ${whole}`],
    ["one with too little of a commit", "/preview approve abc123"],
    ["one with a commit that is none", "/preview approve main"],
    ["one in the middle of a line", "You could say /preview stop here"],
    ["one behind spaces, which may make it code", "    /preview stop"],
    ["one in a quote", "> /preview stop\n\nWhy would I?"],
    ["one in a list", "- /preview stop"],
    ["one in inline code", "`/preview stop`"],
    ["one in code", "```\n/preview stop\n```"],
    ["one in code within code", "````md\n```\n/preview stop\n```\n/preview stop\n````"],
    ["one in code of another kind", "~~~sh\n/preview stop\n```\n/preview stop\n~~~"],
    ["one behind what only looks like the end of code", "```\n```sh\n/preview stop\n```"],
    ["one in code that does not end", "Look:\n```\n/preview stop"],
  ])("%s", (_, body) => {
    expect(parseCommands(body)).toEqual([]);
  });
});
