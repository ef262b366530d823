import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { formatKey, fullKey, keyOfUrn, parseKey, stackPrefix } from "../provider/resource-key.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9._-]{0,9}$/);
const type = fc.stringMatching(/^[a-z]{1,4}:[a-z/]{1,6}:[A-Z][a-z]{0,5}$/);
const name = fc.string({
  minLength: 1,
  maxLength: 12,
  unit: fc.constantFrom("a", "b", "/", ":", "$", ".", " ", "é"),
});
const key = fc.record({
  project: word,
  stack: word,
  parents: fc.array(type, { maxLength: 3 }).map((types) => types.join("$")),
  name,
});

describe("the key of a resource", () => {
  test("is read as it was written, whatever the name contains", () => {
    fc.assert(
      fc.property(key, (one) => {
        expect(parseKey(formatKey(one))).toEqual(one);
      }),
    );
  });

  test("differs between any two resources", () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(formatKey(one) === formatKey(other)).toBe(same);
      }),
    );
  });

  test("is that of its URN", () => {
    fc.assert(
      fc.property(key, ({ project, stack, parents, ...one }) => {
        const types = [parents, "pulumi-nodejs:dynamic/amdgpu:GpuPartitionConfig"].filter(Boolean).join("$");
        const urn = `urn:pulumi:${stack}::${project}::${types}::${one.name}`;
        expect(keyOfUrn(urn)).toEqual({ project, stack, parents, ...one });
      }),
    );
  });

  test("at the top level is what version 0.1.0 wrote", () => {
    expect(formatKey({ project: "p", stack: "dev", parents: "", name: "team/a" })).toBe("p/dev/team/a");
    expect(stackPrefix("p/dev/team/a")).toBe("p/dev/");
  });

  test("of an entry of version 0.1.0 gets its parents from the URN, and only if it is not one of a renamed resource", () => {
    const urn = "urn:pulumi:dev::p::my:index:A$t:i:X::node";
    expect(fullKey({ key: "p/dev/node", urn })).toBe("p/dev/my:index:A::node");
    expect(fullKey({ key: "p/dev/old", urn })).toBe("p/dev/old");
    expect(fullKey({ key: "p/dev/node" })).toBe("p/dev/node");
  });

  test.each(["", "urn:pulumi:dev", "urn:other:dev::p::t::n"])("is none of %j", (text) => {
    expect(keyOfUrn(text)).toBeUndefined();
  });
});
