import * as pulumi from "@pulumi/pulumi";
import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import { expect, test } from "vitest";
import { registeredResource } from "../../../policy/registered-resource.ts";
import { isSecret, UNKNOWN } from "../../../policy/resource.ts";
import { secretOnTheWire } from "./golden-program.ts";

function registered(properties: Readonly<Record<string, unknown>>) {
  return registeredResource({ type: "t", name: "n", urn: "u", protect: false, properties });
}

test("secrets lie open, and their places are known", () => {
  const resource = registered({
    token: secretOnTheWire("x"),
    data: { "a.b": secretOnTheWire({ nested: secretOnTheWire("y") }), plain: "z" },
    list: ["p", secretOnTheWire("q")],
  });
  expect(resource.props).toEqual({ token: "x", data: { "a.b": { nested: "y" }, plain: "z" }, list: ["p", "q"] });
  const secret = ["token", 'data["a.b"]', 'data["a.b"].nested', "list[1]"];
  const plain = ["data", "data.plain", "list[0]", "tokens", "list[10]"];
  expect(secret.map((path) => isSecret(resource, path))).toEqual(secret.map(() => true));
  expect(plain.map((path) => isSecret(resource, path))).toEqual(plain.map(() => false));
});

test("the marks are those of Pulumi's protocol", async () => {
  // Without a monitor, Pulumi does not mark anything.
  await pulumi.runtime.setMocks({ newResource: () => ({ id: undefined, state: {} }), call: () => ({}) });
  const { props, secretPaths } = registered(
    (await rpc.serializeProperties("it", {
      secret: pulumi.secret("x"),
      plain: pulumi.output("y"),
      unknown: pulumi.output(rpc.unknownValue),
    })) as Record<string, unknown>,
  );
  expect({ props, secretPaths }).toEqual({
    props: { secret: "x", plain: "y", unknown: UNKNOWN },
    secretPaths: ["secret"],
  });
});

test("what is not known yet is said to be so, wherever it is", () => {
  expect(registered({ a: [rpc.unknownValue], b: { c: rpc.unknownValue } }).props).toEqual({
    a: [UNKNOWN],
    b: { c: UNKNOWN },
  });
});
