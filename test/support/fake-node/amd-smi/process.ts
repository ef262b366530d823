import { type GpuProcess, holdsDriver, type NodeState, vramOf } from "../state.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { Caller, Json } from "./outcome.ts";
import { document, MISSING, quantity } from "./outcome.ts";

const GTT_BYTES = 2 * 2 ** 20;

/** A process is shown on the partition of its GPU where its memory is. */
export function processes(state: NodeState, parsed: ParsedArguments, caller: Caller): string {
  return document(
    parsed.devices.map((device) => {
      const gpuProcesses = state.processes.filter(
        (process) =>
          process.gpu === device.gpu && holdsDriver(process) && (process.partition ?? 0) === device.partition,
      );
      const rows = gpuProcesses.map((process) => information(state, process, device.computeUnits, caller));
      return {
        gpu: device.index,
        process_list: (rows.length > 0 ? rows : ["No running processes detected"]).map((row) => ({
          process_info: row,
        })),
      };
    }),
  );
}

function information(state: NodeState, process: GpuProcess, computeUnits: number, caller: Caller): Json {
  const later = {
    sdma_usage: quantity(0, "us"),
    cu_occupancy: computeUnits,
    evicted_time: quantity(0, "ms"),
  };
  return {
    name: caller === "root" ? process.name : MISSING,
    pid: process.pid,
    memory_usage: {
      gtt_mem: quantity(GTT_BYTES, "B"),
      cpu_mem: quantity(0, "B"),
      vram_mem: quantity(vramOf(process), "B"),
    },
    mem_usage: quantity(vramOf(process), "B"),
    usage: { gfx: quantity(0, "ns"), enc: quantity(0, "ns") },
    ...Object.fromEntries(RELEASES[state.rocm].processKeys.map((key) => [key, later[key]])),
  };
}
