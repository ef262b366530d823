import type { EngineName } from "../schema/engine.ts";
import type { EngineInput } from "./engine-input.ts";
import { sglangArgs } from "./sglang.ts";
import { vllmArgs } from "./vllm.ts";

const ENGINES: Readonly<Record<EngineName, (input: EngineInput) => readonly string[]>> = {
  vllm: vllmArgs,
  sglang: sglangArgs,
};

/** Flags that hold an engine to the estimate of the model it serves. */
export const engineArgs = (engine: EngineName, input: EngineInput): readonly string[] =>
  ENGINES[engine](input);
