import { VerificationError } from "../../change-errors.ts";
import { type HostObservation, partitionableGpus } from "../../detection/observation.ts";
import { type Bdf, deviceId } from "../../topology/layout.ts";
import { formatModes, type ModePair, sameModes } from "../../topology/modes.ts";
import { observedModes } from "../plan/host-modes.ts";

/** Modes, device count and render nodes, as the host itself reports them. @throws VerificationError */
export function verify(observation: HostObservation, target: ReadonlyMap<Bdf, ModePair>): void {
  const modes = observedModes(observation);
  const wrong: string[] = [];
  for (const [gpu, wanted] of target) {
    const now = modes.get(gpu);
    if (!now || !sameModes(now, wanted)) {
      wrong.push(`${gpu} is ${now ? formatModes(now) : "absent"} instead of ${formatModes(wanted)}`);
      continue;
    }
    const expected =
      partitionableGpus(observation).find((one) => one.gpu === gpu)?.devicesByMode[wanted.compute] ?? 0;
    const devices = observation.devices.filter((device) => device.gpu === gpu);
    const ids = new Set(devices.map((device) => device.id));
    const missing = Array.from({ length: expected }, (_, number) => deviceId(gpu, number)).filter(
      (id) => !ids.has(id),
    );
    if (missing.length > 0)
      wrong.push(`${gpu} has ${devices.length} of ${expected} devices (${missing.join(", ")} missing)`);
    const blind = devices.filter((device) => device.renderNode === undefined).map((device) => device.id);
    if (blind.length > 0)
      wrong.push(`${blind.join(", ")} ${blind.length === 1 ? "has" : "have"} no render node`);
  }
  if (wrong.length > 0) throw new VerificationError(wrong);
}
