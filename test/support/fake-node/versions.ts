import { ROCM_6 } from "./releases/rocm-6.ts";
import { ROCM_7 } from "./releases/rocm-7.ts";
import { ROCM_10 } from "./releases/rocm-10.ts";

/** How amd-smi of each release talks, oldest first. */
export const RELEASES = { ...ROCM_6, ...ROCM_7, ...ROCM_10 };

export type RocmVersion = keyof typeof RELEASES;
export const ROCM_VERSIONS = Object.keys(RELEASES) as readonly RocmVersion[];
