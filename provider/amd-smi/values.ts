import { z } from "zod";

import { excerpt } from "../plain-text.ts";
import { type ComputeMode, type MemoryMode, parseComputeMode, parseMemoryMode } from "../topology/modes.ts";

/**
 * Readers of single values. "N/A", with a reason or without, "" and absence all mean that amd-smi does not say; so does a value of a kind we do
 * not know. Unknown keys beside them never matter.
 */
const missing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  // From ROCm 10 on with a reason: "N/A (not supported on …)".
  (typeof value === "string" && /^N\/A(?:\s*\(|$)/.test(value));

export const optionalText = z
  .unknown()
  .optional()
  .transform((value): string | undefined => {
    if (missing(value)) return undefined;
    // A name, a version, an id: what is said of it later is one line of plain text.
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? excerpt(`${value}`)
      : undefined;
  });

/** 3, "3", "0x74a1". */
export const optionalNumber = z
  .unknown()
  .optional()
  .transform((value): number | undefined => {
    if (missing(value) || typeof value === "object") return undefined;
    const number = Number(value);
    return Number.isFinite(number) ? number : undefined;
  });

/** "SPX", and "SPX*" as the table of profiles marks the current one. */
export const optionalComputeMode = optionalText.transform((text): ComputeMode | undefined =>
  text === undefined ? undefined : parseComputeMode(text.replace(/\*$/, "")),
);

export const optionalMemoryMode = optionalText.transform((text): MemoryMode | undefined =>
  text === undefined ? undefined : parseMemoryMode(text),
);

/** "NPS1,NPS2,NPS4" or ["NPS1", …]; undefined when not said. */
export const optionalMemoryModes = z
  .unknown()
  .optional()
  .transform((value): readonly MemoryMode[] | undefined => {
    if (missing(value)) return undefined;
    const parts = Array.isArray(value)
      ? value.map(String)
      : (typeof value === "string" ? value : "").split(",");
    const modes = parts.map(parseMemoryMode).filter((mode) => mode !== undefined);
    return modes.length > 0 ? modes : undefined;
  });

/** "0000:0c:00.3", "0000:0C:00.3" or "0c:00.3" → the lower-case long form. */
export const optionalBdf = optionalText.transform((text): string | undefined => {
  const match =
    text === undefined ? null : /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.\d)$/i.exec(text);
  return match ? `${match[1] ?? "0000"}:${match[2]}`.toLowerCase() : undefined;
});
