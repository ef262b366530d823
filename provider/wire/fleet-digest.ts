import { createHash } from "node:crypto";

/**
 * Equal for the members of a fleet whose models and arguments are the same.
 *
 * @param hint the fleet as the program sends it with each member.
 */
export const fleetDigest = (hint: string): string =>
  createHash("sha256").update(hint).digest("hex").slice(0, 16);
