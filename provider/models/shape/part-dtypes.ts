import type { Dtype } from "../../schema/precision.ts";

/** Parts of a model that a checkpoint can hold in a precision of their own. */
export type Part = "embeddings" | "attention" | "dense" | "shared" | "experts";
export type PartDtypes = Readonly<Partial<Record<Part, Dtype>>>;
