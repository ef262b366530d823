import { readFileSync } from "node:fs";
import { join } from "node:path";

import { findPackageRoot } from "../engine/places.ts";
import { withComments } from "./argument-comments.ts";
import { Declarations } from "./declarations.ts";
import type { JsonSchema } from "./json-schema.ts";
import { renderPage } from "./page.ts";
import { describedArguments, referenceTables } from "./tables.ts";
import { longValues, mixersOf, renderValues } from "./values.ts";

const PARTITION_ARGUMENTS = "provider/resources/gpu-partition-config-args.ts";
const ALLOCATION_ARGUMENTS = "provider/resources/model-allocation-args.ts";
const PAGE = "docs/reference.md";

export interface Written {
  /** Relative to the root of the package. */
  readonly path: string;
  readonly text: string;
}

const write = (path: string, change: (text: string) => string): Written => ({
  path,
  text: change(readFileSync(join(findPackageRoot(), path), "utf8")),
});

/** The files that repeat what the schemas say of each argument, as they should be. */
export function writtenFromSchemas(): readonly Written[] {
  const declarations = new Declarations();
  const described = describedArguments(declarations);
  const { partition, allocation, connection, simulation } = described;
  const shape = described["model-shape"];
  const values = renderValues(longValues(allocation, shape), mixersOf(shape));
  const part = (name: string): JsonSchema => partition.properties?.[name] ?? {};
  return [
    write(PARTITION_ARGUMENTS, (text) =>
      withComments(text, {
        ConnectionArgs: connection,
        SimulationArgs: simulation,
        TimeoutArgs: part("timeouts"),
        PartitionProfileArgs: part("profiles").items ?? {},
        SkippedGPUsArgs: part("skippedGPUs"),
        HostArgs: partition,
        GpuPartitionConfigArgs: partition,
      }),
    ),
    write(ALLOCATION_ARGUMENTS, (text) => withComments(text, { ModelAllocationArgs: allocation })),
    write(PAGE, (text) => renderPage(text, referenceTables(declarations), values)),
  ];
}
