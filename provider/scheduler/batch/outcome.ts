export type { Move } from "../solver/placements.ts";
