import type { Capability, CapabilityLevel } from "../../detection/capability.ts";
import { type Line, span, type Tone } from "./line.ts";

const TONES: Readonly<Record<CapabilityLevel, Tone>> = {
  REAL_PARTITIONING: "good",
  SIMULATION: "warning",
  NONE: "bad",
};

export const capabilityLine = ({ level, reason }: Capability): Line => [
  span(TONES[level], level),
  `: ${reason}`,
];
