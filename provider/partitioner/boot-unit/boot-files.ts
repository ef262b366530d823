import { createHash } from "node:crypto";

import { type BootUnit, UNIT_PREFIX } from "../../detection/parse/boot-units.ts";

/** What a boot needs to give the GPUs of a declaration their modes again: POSIX sh and the host's amd-smi. */
export interface BootFiles extends BootUnit {
  readonly unit: string;
  readonly script: string;
}

/** Same for every run of a declaration, different for each. */
export const bootUnitName = (key: string): string => digestOf(key).slice(0, 12);

export const unitNameOf = (name: string): string => `${UNIT_PREFIX}${name}.service`;

export const digestOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 32);
