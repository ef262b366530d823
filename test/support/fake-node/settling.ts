import { spawn } from "node:child_process";

import type { Home } from "./home.ts";
import type { NodeState } from "./state.ts";
import { changeState } from "./store.ts";
import { settle } from "./transitions.ts";

/** Lets the GPUs that a slow start holds back appear in time, after the tool that loaded the driver has ended. */
export function settleLater(home: Home, state: NodeState): void {
  const seconds = settlingSeconds(state);
  if (seconds === undefined) return;
  const script = `sleep ${seconds}; exec "$0" "$1" "$2" settle`;
  spawn("sh", ["-c", script, home.node, `${home.code}/main.js`, home.path], {
    detached: true,
    stdio: "ignore",
  }).unref();
}

/** undefined: nothing is held back, or it is not time that decides. */
export const settlingSeconds = (state: NodeState): number | undefined =>
  state.pendingGpus > 0 && state.pendingReads === null ? (state.slowStart?.seconds ?? 0) : undefined;

export const settleNow = async (home: Home): Promise<void> =>
  changeState(home, (state) => ({ state: settle(state), result: undefined }));
