import { descendantsOf, signalIfAlive } from "../process-tree.ts";
import type { Home } from "./home.ts";
import type { NodeState } from "./state.ts";
import { changeState } from "./store.ts";
import { reboot } from "./transitions.ts";

/**
 * Power off and on: every process but the server ends, without a word; then the host is as the driver loads it. Nobody is in the
 * middle of writing the state meanwhile, because the lock is ours.
 */
export const bootAnew = (home: Home, serverPid: number): Promise<NodeState> =>
  changeState(home, (state) => {
    for (const pid of descendantsOf(serverPid)) signalIfAlive(pid, "SIGKILL");
    const booted = reboot(state);
    return { state: booted, result: booted };
  });

/** Services that systemd starts at boot and that use a GPU. */
export const usersAtBoot = (
  state: NodeState,
): readonly { readonly name: string; readonly gpu: number; readonly service: string }[] =>
  state.services.flatMap(({ name, active, gpu }) =>
    active && gpu !== undefined ? [{ name, gpu, service: name }] : [],
  );
