export type { Remedy } from "./advice/remedy.ts";
