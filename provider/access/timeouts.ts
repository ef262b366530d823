import type { HardwareTimeouts } from "../partitioner/hardware/hardware.ts";
import type { Timeouts } from "../schema/partition.ts";

/** Declared in seconds, as Pulumi's users write them. */
export const milliseconds = (timeouts: Timeouts): HardwareTimeouts => ({
  observe: timeouts.observe * 1000,
  set: timeouts.set * 1000,
  reload: timeouts.reload * 1000,
  lock: timeouts.lock * 1000,
});
