import type { Run, Step } from "./engine.ts";

type Properties = Readonly<Record<string, unknown>>;

/** The last thing the engine did to a resource in this run. */
export const stepOf = (run: Run, name: string): Step | undefined =>
  run.steps.findLast((one) => one.name === name && one.new !== undefined);

export const inputsOf = (run: Run, name: string): Properties => stepOf(run, name)?.new?.inputs ?? {};

/** What a preview showed of a resource, without what it left open. */
export const previewedOf = (run: Run, name: string): Properties =>
  Object.fromEntries(Object.entries(inputsOf(run, name)).filter(([, value]) => value !== "[unknown]"));

export const outputsOf = (run: Run, name: string): Properties => stepOf(run, name)?.new?.outputs ?? {};

/** Everything said on one resource's line. */
export const saidOn = (run: Run, name: string): string =>
  run.diagnostics
    .filter((one) => one.urn?.endsWith(`::${name}`))
    .map((one) => one.message)
    .join("\n");

/** Two models whose claims are known: one fills most of a CPX device, the other a third of it. */
export const LLAMA = {
  model: "meta-llama/Llama-3.1-8B-Instruct",
  precision: "fp8",
  maxModelLen: 8192,
  maxNumSeqs: 8,
} as const;

export const QWEN = {
  model: "Qwen/Qwen2.5-1.5B",
  precision: "bf16",
  maxModelLen: 4096,
  maxNumSeqs: 16,
} as const;
