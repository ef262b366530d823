import { expect } from "vitest";

import { QWEN } from "../support/stack-program.ts";
import { stackProblems } from "./checks.ts";
import type { Declared, Program } from "./resource.ts";
import { session, type Session } from "./session.ts";

export const node = (compute = "CPX", extra: Partial<Declared> = {}): Declared => ({
  kind: "partition",
  name: "node",
  args: { connection: { host: "h1" }, computePartition: compute, memoryPartition: "NPS1" },
  ...extra,
});

export const model = (name = "qwen", extra: Partial<Declared> = {}): Declared => ({
  kind: "allocation",
  name,
  args: { ...QWEN },
  on: ["node"],
  ...extra,
});

export const URN = "urn:pulumi:dev::p::pulumi-nodejs:dynamic/amdgpu:GpuPartitionConfig::node";
export const MODEL_URN = "urn:pulumi:dev::p::pulumi-nodejs:dynamic/amdgpu:ModelAllocation::qwen";

export const start = (): Session => session({ h1: 2, h2: 2 });

export const sound = (at: Session): void => {
  expect(stackProblems(at.world.hosts, at.stack())).toEqual([]);
};

export const PROGRAM: Program = [node(), model()];
