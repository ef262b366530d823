import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { selectPartitioner, type Selection } from "../../provider/access/select-partitioner.ts";
import type { HostObservation } from "../../provider/detection/observation.ts";
import { localExecutor } from "../../provider/remote/local.ts";
import { hostOf } from "./host.ts";

const SIMULATION = { path: join(tmpdir(), "never-written.json"), hostId: "simulated" };
const TIMEOUTS = { observe: 1000, set: 1000, reload: 1000, lock: 1000 };

const select = (mode: "auto" | "real" | "simulation", observation?: HostObservation): Selection =>
  selectPartitioner({
    mode,
    simulation: SIMULATION,
    ...(observation ? { host: { executor: localExecutor(), observation, timeouts: TIMEOUTS } } : {}),
  });

const HOST = hostOf(["SPX/NPS1"]);
const BARE = { ...HOST, gpus: [] };
const GUEST = { ...HOST, guest: true };

describe("the partitioner is chosen by the observation and the declared mode:", () => {
  test.each([
    ["auto", HOST, "REAL_PARTITIONING", "hardware"],
    ["real", HOST, "REAL_PARTITIONING", "hardware"],
    ["simulation", HOST, "SIMULATION", "simulated"],
    ["auto", BARE, "SIMULATION", "simulated"],
    ["real", BARE, "NONE", undefined],
    ["auto", GUEST, "NONE", "hardware"],
    ["real", GUEST, "NONE", "hardware"],
    ["auto", undefined, "SIMULATION", "simulated"],
  ] as const)("mode %s", (mode, observation, level, kind) => {
    const { capability, partitioner } = select(mode, observation);
    expect({ level: capability.level, kind: partitioner?.kind }).toEqual({ level, kind });
  });
});
