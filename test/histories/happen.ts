import { readIdentity } from "../../provider/operations/operation/keys.ts";
import type { Event, StackName } from "./actions.ts";
import type { Stack } from "./engine.ts";
import type { World } from "./world.ts";

/** What happens to a host by itself, or by hand. */
export function happen(world: World, name: string, event: Event): void {
  const host = world.host(name);
  switch (event.event) {
    case "drift":
      // On a host that nobody declares it is what the first of us finds, and leaves.
      if (Object.keys(host.record().owners).length === 0) return;
      host.drift(event.gpu, event.compute);
      return;
    case "gpuFails":
    case "gpuStarts":
      host.setStarted(event.gpu, event.event === "gpuStarts");
      return;
    case "unreachable":
    case "reachable":
      world.setReachable(name, event.event === "reachable");
      return;
    case "reboot":
      host.reboot();
      return;
    case "releaseReservations":
      host.writeRecord((record) => ({ ...record, reservations: [] }));
      return;
    case "loseRecord": {
      // What was before is lost with it, so only where nothing was changed yet is the end the beginning.
      if (host.modes().some((modes) => modes !== "SPX/NPS1")) return;
      host.writeRecord(() => ({ version: 1, revision: 0, reservations: [], owners: {}, before: {} }));
    }
  }
}

/**
 * As by `releaseOwner`, which the refusal names: a replacement that was cut off is checked without state, which alone knows under which
 * name a renamed stack declares its GPUs.
 */
export function releaseForgotten(world: World, { name, resources }: Stack, declaredAs: StackName): void {
  if (name === declaredAs) return;
  const keys = new Set(
    resources
      .filter(({ pendingReplacement }) => pendingReplacement)
      .map(({ outputs }) => readIdentity(outputs["identity"])?.key ?? ""),
  );
  for (const host of world.hosts)
    host.writeRecord((record) => ({
      ...record,
      owners: Object.fromEntries(Object.entries(record.owners).filter(([key]) => !keys.has(key))),
    }));
}
