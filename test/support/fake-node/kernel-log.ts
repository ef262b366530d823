import { deviceIdOf, hexadecimal } from "./amd-smi/identity.ts";
import type { NodeState } from "./state.ts";

const UNRELATED = "[    2.004711] systemd[1]: Hostname set to <gpu1>.";

/** What the ring buffer of the kernel has of amdgpu: the last load of the driver, and a memory mode requested since. */
export function kernelLog(state: NodeState): string {
  if (state.kernelLog === "gone-round") return `${UNRELATED}\n`;
  const loaded = [
    "[    9.000001] [drm] amdgpu kernel modesetting enabled.",
    ...state.gpus.map(({ bdf }, number) => {
      const id = hexadecimal(deviceIdOf(state, number), 4).toUpperCase();
      return `[    9.10000${number}] amdgpu ${bdf}: initializing kernel modesetting (IP DISCOVERY 0x1002:0x${id} 0x1002:0x${id} 0x00).`;
    }),
  ];
  const requested = state.gpus.map(
    ({ bdf }, number) =>
      `[  968.14763${number}] amdgpu ${bdf}: amdgpu: NPS mode change requested, please remove and reload the driver`,
  );
  return [
    UNRELATED,
    ...(state.loads === 0 ? [] : requested),
    ...loaded,
    ...(state.staged === null ? [] : requested),
    "",
  ].join("\n");
}
