import { z } from "zod";

export const engineSchema = z.enum(["vllm", "sglang"]);
export type EngineName = z.output<typeof engineSchema>;
