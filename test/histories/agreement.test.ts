import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { QWEN } from "../support/stack-program.ts";
import { stackProblems } from "./checks.ts";
import type { Request, Stack } from "./engine.ts";
import { type RealSession, startRealSession } from "./real-engine.ts";
import { type Declared, type Program, urnOf } from "./resource.ts";
import { type Session, session } from "./session.ts";

/*
 * The stand-in makes the calls that the engine makes: the same histories, step by step, through both. What the engine says it did, and
 * what became of the host, must be the same.
 */

const node = (compute: string, extra: Partial<Declared> = {}): Declared => ({
  kind: "partition",
  name: "node",
  args: { connection: { host: "h1" }, computePartition: compute, memoryPartition: "NPS1" },
  ...extra,
});

const model = (name: string, extra: Partial<Declared> = {}): Declared => ({
  kind: "allocation",
  name,
  args: { ...QWEN },
  on: ["node"],
  ...extra,
});

const urn = (declared: Pick<Declared, "kind" | "name" | "parents">): string => urnOf("p", "dev", declared);
const NODE = urn({ kind: "partition", name: "node" });
const ONE = urn({ kind: "allocation", name: "one" });

type Moment =
  | { readonly do: "up" | "preview"; readonly program: Program; readonly request?: Request }
  | { readonly do: "refresh" | "destroy" | "remember" | "recall" }
  | { readonly do: "taint"; readonly urn: string }
  | { readonly do: "drift"; readonly gpu: number };

const up = (program: Program, request?: Request): Moment => ({
  do: "up",
  program,
  ...(request && { request }),
});
const drift: Moment = { do: "drift", gpu: 1 };
const refresh: Moment = { do: "refresh" };
const destroy: Moment = { do: "destroy" };

const CPX: Program = [node("CPX"), model("one"), model("two")];
const DPX: Program = [node("DPX"), model("one"), model("two")];
const moved = (declared: Declared, to: Partial<Declared>): Declared => ({
  ...declared,
  ...to,
  options: { ...declared.options, aliases: [urn(declared)] },
});
const createFirst = { options: { deleteBeforeReplace: false } };

const HISTORIES: readonly (readonly [title: string, moments: readonly Moment[]])[] = [
  [
    "the same drift, repaired twice",
    [
      up(CPX),
      drift,
      { do: "preview", program: CPX },
      up(CPX),
      up(CPX),
      drift,
      { do: "preview", program: CPX },
      up(CPX),
      refresh,
      destroy,
    ],
  ],
  [
    "the same drift, recorded by a refresh first",
    [up(CPX), drift, refresh, up(CPX), drift, refresh, up(CPX), refresh],
  ],
  [
    "another layout with models on it",
    [up(CPX), up(DPX), up(DPX), up([node("DPX"), model("two")]), up(CPX), destroy],
  ],
  [
    "replacements nobody asked us for",
    [up(CPX), up(CPX, { replace: [NODE] }), up(CPX, { replace: [NODE, ONE] }), up(CPX), refresh, destroy],
  ],
  [
    "taint",
    [up(CPX), { do: "taint", urn: NODE }, { do: "taint", urn: ONE }, up(CPX), up(CPX), refresh, destroy],
  ],
  [
    "replacements that create first",
    [
      up([node("CPX", createFirst), model("one", createFirst)]),
      up([node("DPX", createFirst), model("one", createFirst)]),
      up([node("DPX", createFirst), model("one", createFirst)], { replace: [NODE, ONE] }),
      refresh,
      destroy,
    ],
  ],
  [
    "a rename and a move into a component",
    [
      up(CPX),
      up([
        moved(node("CPX"), { name: "renamed" }),
        moved(model("one"), { parents: "my:index:Cluster", on: ["renamed"] }),
        model("two", { on: ["renamed"] }),
      ]),
      up([
        moved(node("DPX"), { name: "renamed" }),
        moved(model("one"), { parents: "my:index:Cluster", on: ["renamed"] }),
        model("two", { on: ["renamed"] }),
      ]),
      refresh,
      destroy,
    ],
  ],
  [
    "one target, then all",
    [up(CPX, { targets: [NODE] }), up(CPX), up(DPX, { excludes: [ONE] }), up(DPX), destroy],
  ],
  [
    "models that go and come",
    [up(CPX), up([node("CPX")]), up([]), up(CPX), up([node("CPX"), model("two")]), destroy],
  ],
  [
    "an older state",
    [
      up([node("CPX"), model("one")]),
      { do: "remember" },
      up(DPX),
      { do: "recall" },
      up(CPX),
      up(CPX),
      destroy,
    ],
  ],
];

const nameOf = (step: string): string => {
  const [op = "", where = ""] = step.split(" ");
  return `${op} ${where.split("::").at(-1)}`;
};

describe.each(HISTORIES)("%s", (_, moments) => {
  let real: RealSession;
  beforeAll(async () => {
    real = await startRealSession("p", "dev");
  });
  afterAll(async () => {
    await real?.stop();
  });

  test("is the same through the engine and through the stand-in", async () => {
    const standIn: Session = session({ h1: 2 });
    let remembered: Stack | undefined;
    for (const [number, moment] of moments.entries()) {
      const [expected, found] = await Promise.all([playAt(standIn), playAt(real)]);
      expect({ number, found }).toEqual({ number, found: expected });
      // A host that nobody has changed yet has no file.
      const exists = standIn.stack().resources.length > 0 || moment.do === "destroy";
      const modes = standIn.world.host("h1").modes();
      expect({ number, modes: exists ? real.host.modes() : modes }).toEqual({ number, modes });
      const isWhole = moment.do === "up" && !moment.request && !expected.includes("failed");
      const wrong = isWhole ? stackProblems(standIn.world.hosts, standIn.stack()) : [];
      expect({ number, wrong }).toEqual({ number, wrong: [] });

      /** The engine deletes in parallel what does not depend on each other. */
      async function playAt(at: Session | RealSession): Promise<readonly string[]> {
        const steps: readonly string[] = await play(at).catch(() => ["failed"]);
        return steps.toSorted();
      }

      async function play(at: Session | RealSession): Promise<readonly string[]> {
        const isReal = at === real;
        switch (moment.do) {
          case "up":
            return (await at.up(moment.program, moment.request)).map(nameOf);
          case "preview":
            return (await at.preview(moment.program)).map(nameOf);
          case "refresh":
            return (await at.refresh()).map((step) =>
              isReal ? step : `update ${nameOf(` ${step}`).trim()}`,
            );
          case "destroy":
            return (await at.destroy()).map(nameOf);
          case "taint":
            await at.taint(moment.urn);
            return [];
          case "drift":
            if (isReal) await real.host.drift(moment.gpu, "QPX");
            else standIn.world.host("h1").drift(moment.gpu, "QPX");
            return [];
          case "remember":
            if (isReal) await real.remember();
            else remembered = standIn.stack();
            return [];
          case "recall":
            if (isReal) await real.recall();
            else if (remembered) {
              const state = remembered;
              standIn.edit(() => state);
            }
            return [];
        }
      }
    }
  });
});
