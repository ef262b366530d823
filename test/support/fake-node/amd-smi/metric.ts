import type { NodeState } from "../state.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { Json } from "./outcome.ts";
import { document, quantity } from "./outcome.ts";
import { enveloped, memoryMebibytes } from "./static.ts";

/** What the driver keeps for itself. */
export const USED_MEBIBYTES = 283;
const GTT = { total: 1024, used: 16 };

/** `metric --mem-usage`, the one section that matters here. */
export function metric(state: NodeState, parsed: ParsedArguments): string {
  const rows = parsed.devices.map((device): Json => {
    const total = memoryMebibytes(state, device);
    return {
      gpu: device.index,
      mem_usage: {
        ...pool("vram", total, USED_MEBIBYTES),
        ...pool("visible_vram", total, USED_MEBIBYTES),
        ...pool("gtt", GTT.total, GTT.used),
      },
    };
  });
  return document(enveloped(RELEASES[state.rocm], rows));
}

const pool = (name: string, total: number, used: number): Readonly<Record<string, Json>> => ({
  [`total_${name}`]: quantity(total, "MB"),
  [`used_${name}`]: quantity(used, "MB"),
  [`free_${name}`]: quantity(total - used, "MB"),
});
