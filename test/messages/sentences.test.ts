import { readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { Message } from "../../provider/message.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";
import { detection } from "./examples/detection.ts";
import { diagnosis } from "./examples/diagnosis.ts";
import { model, warnings } from "./examples/models.ts";
import { allocation, foreignGpus, operation, partition, reserve } from "./examples/operations.ts";
import { change, plan, refuse } from "./examples/partitioner.ts";
import { plugin } from "./examples/plugin.ts";
import { key, login, reach, traffic } from "./examples/remote.ts";
import { placement, rank, refusal, remedy, unreservedUse, violation } from "./examples/scheduler.ts";

type Table = Readonly<Record<string, (...data: unknown[]) => Message>>;
type Examples = Readonly<Record<string, readonly (readonly unknown[])[]>>;

/** By the name of the table they are examples of. */
const EXAMPLES: Readonly<Record<string, Examples>> = {
  allocationMessages: allocation,
  changeMessages: change,
  detectionMessages: detection,
  diagnosisMessages: diagnosis,
  foreignGpusMessages: foreignGpus,
  keyMessages: key,
  loginMessages: login,
  modelMessages: model,
  modelWarnings: warnings,
  operationMessages: operation,
  partitionMessages: partition,
  placementMessages: placement,
  planMessages: plan,
  pluginMessages: plugin,
  rankMessages: rank,
  reachMessages: reach,
  refusalMessages: refusal,
  refuseMessages: refuse,
  remedyMessages: remedy,
  reserveMessages: reserve,
  trafficMessages: traffic,
  unreservedUseMessages: unreservedUse,
  violationMessages: violation,
};

const root = join(findPackageRoot(), "provider");

const tables: readonly (readonly [name: string, table: Table])[] = (
  await Promise.all(
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith("messages.ts"))
      .toSorted()
      .map(async (path) => Object.entries((await import(join(root, path))) as Record<string, Table>)),
  )
).flat();

test("every table of messages has examples, and nothing else has", () => {
  expect(tables.map(([name]) => name).toSorted()).toEqual(Object.keys(EXAMPLES).toSorted());
});

test.each(tables)("every code of %s has an example", (name, table) => {
  expect(Object.keys(EXAMPLES[name] ?? {}).toSorted()).toEqual(Object.keys(table).toSorted());
});

test("a code stands for one message of the package", () => {
  const codes = tables.flatMap(([, table]) => Object.keys(table));
  expect(codes.filter((code, number) => codes.indexOf(code) !== number)).toEqual(["host-refused"]);
});

test("every sentence reads as it was reviewed", async () => {
  const lines = tables.flatMap(([name, table]) => [
    `== ${name}`,
    ...Object.entries(EXAMPLES[name] ?? {}).flatMap(([code, examples]) => [
      code,
      ...examples.map((data) => `  ${table[code]?.(...data).text.replaceAll("\n", "\n    ")}`),
    ]),
    "",
  ]);
  await expect(lines.join("\n")).toMatchFileSnapshot("sentences.txt");
});
