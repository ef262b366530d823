import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { HostRecord } from "../../provider/host-record/record.ts";
import { newSimulatedHost } from "../../provider/partitioner/simulated/simulated-observation.ts";
import { simulatedPartitioner } from "../../provider/partitioner/simulated/simulated.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { formatModes } from "../../provider/topology/modes.ts";
import { describePartitioner } from "./contract.ts";
import { type HostUnderTest, type Kind, MI300A, MI300X } from "./host-under-test.ts";

/** A host that is a file of two GPUs. */
function simulatedHost({ accelerator }: Kind): HostUnderTest {
  const folder = mkdtempSync(join(tmpdir(), "contract-"));
  const path = join(folder, "host.json");
  const read = (): SimulatedHostState =>
    existsSync(path)
      ? (JSON.parse(readFileSync(path, "utf8")) as SimulatedHostState)
      : newSimulatedHost("simulated", accelerator, 2);
  return {
    open: async (lockMs = 10_000) =>
      simulatedPartitioner({ path, hostId: "simulated", accelerator, gpus: 2, lockMs }),
    modes: () => read().gpus.map(formatModes).join(" "),
    drift: async (number, compute) => {
      const state = read();
      const gpus = state.gpus.map((gpu, position) => (position === number ? { ...gpu, compute } : gpu));
      writeFileSync(path, JSON.stringify({ ...state, gpus }));
    },
    record: () => read().record as HostRecord | undefined,
    reset: async () => rmSync(path, { force: true }),
    stop: async () => rmSync(folder, { recursive: true }),
  };
}

for (const kind of [MI300X, MI300A]) {
  describePartitioner(`two simulated ${kind.accelerator}`, kind, async () => simulatedHost(kind));
}
