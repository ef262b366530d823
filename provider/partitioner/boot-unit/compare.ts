import type { HostObservation } from "../../detection/observation.ts";
import type { BootUnit } from "../../detection/parse/boot-units.ts";
import { keysOf } from "../../resource-key.ts";
import { type BootFiles, bootUnitName } from "./boot-files.ts";

/** Whether the next boot does what is declared. undefined: it is not asked to, and does not. */
export type AtBoot = "installed" | "to be installed" | "to be removed";

/**
 * @param former files that the same declaration would have under keys it had before: they do the same until they are replaced.
 */
export function atBoot(
  observation: HostObservation,
  owner: BootOwner,
  wanted: BootFiles | undefined,
  former: readonly BootFiles[] = [],
): AtBoot | undefined {
  const found = unitsOf(observation, keysOf(owner));
  if (!wanted) return found.length > 0 ? "to be removed" : undefined;
  const same = [wanted, ...former].map((files) => files.digest);
  return found.length === 1 && same.includes(found[0]?.digest ?? "") ? "installed" : "to be installed";
}

/** Whose boot units they are. */
export interface BootOwner {
  readonly key: string;
  /** Keys that the declaration had before. */
  readonly formerKeys?: readonly string[] | undefined;
}

/** The installed units of these keys. */
export function unitsOf({ bootUnits = [] }: HostObservation, keys: readonly string[]): readonly BootUnit[] {
  const names = new Set(keys.map(bootUnitName));
  return bootUnits.filter((unit) => names.has(unit.name));
}
