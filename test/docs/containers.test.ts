import { readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, type Run, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { inputsOf } from "../support/stack-program.ts";
import { blocksOf } from "./code/blocks.ts";
import { program } from "./containers/program.ts";

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), "utf8");

/** Page and program are laid out each for itself. */
const flat = (code: string): string => code.replaceAll(/\s+/g, "").replaceAll(/,(?=[)\]}])/g, "");

const blocks = blocksOf("docs/containers.md");

/** What the page shows of the resource that was declared last before it. */
const shown = blocks.flatMap(({ language, text }, index) => {
  if (language === "ts") return [];
  const code = blocks.slice(0, index).findLast((block) => block.language === "ts")?.text ?? "";
  return [{ name: /new [\w.]+\(\s*"(\w+)"/.exec(code)?.[1] ?? "", language, text }];
});

const imports = /^import [^;]+;\n/gm;

it("every line of code on the page of containers is a part of a program that runs", () => {
  const whole = flat(read("containers/program.ts"));
  const code = blocks
    .filter((block) => block.language === "ts")
    .map(({ text }) => text.replaceAll(imports, ""));
  expect(code.filter((text) => !whole.includes(flat(text)))).toEqual([]);
  expect(shown.map((one) => one.name)).toEqual([
    "run",
    "container",
    "compose",
    "quadlet",
    "service",
    "privileged",
    "crio",
  ]);
});

describe("the page of containers", () => {
  let node: FakeNode;
  let stack: TestStack;
  let inPlace: Run;
  const spx = { computePartition: "SPX", memoryPartition: "NPS1" } as const;
  const cpx = { computePartition: "CPX", memoryPartition: "NPS1" } as const;
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 8, rocm: "7.2" });
    stack = await createStack(program(node.connection, spx));
    inPlace = await stack.preview();
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it.each(shown)(
    "shows what the first preview of a layout in place gives to $name",
    ({ name, language, text }) => {
      const inputs = inputsOf(inPlace, name);
      if (language === "json") expect(inputs).toMatchObject(JSON.parse(text));
      else {
        const texts = Object.values(inputs).filter((value) => typeof value === "string");
        expect(
          texts.some((value) => text.split("...").every((part) => flat(value).includes(flat(part)))),
        ).toBe(true);
      }
    },
  );

  it("says rightly which values are known before a layout is in place", async () => {
    const planned = await stack.preview({ program: program(node.connection, cpx) });
    expect(JSON.stringify(inputsOf(planned, "privileged"))).not.toContain("[unknown]");
    for (const { name } of shown.filter((one) => one.name !== "privileged")) {
      expect(JSON.stringify(inputsOf(planned, name)), name).toContain("[unknown]");
    }
  });

  it("has every deployment leave before another layout comes, and start after it", async () => {
    await stack.up();
    const { changes } = await stack.up({ program: program(node.connection, cpx) });
    for (const { name } of shown) {
      expect(changes.indexOf(`delete-replaced ${name}`), name).toBeGreaterThanOrEqual(0);
      expect(changes.indexOf(`delete-replaced ${name}`), name).toBeLessThan(
        changes.indexOf("delete-replaced node1"),
      );
      expect(changes.indexOf(`create-replacement ${name}`), name).toBeGreaterThan(
        changes.indexOf("create-replacement node1"),
      );
    }
    await stack.destroy();
  });
});
