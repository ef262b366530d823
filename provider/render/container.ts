/** What a container needs to have exactly these devices; the same whichever tool starts it. */
export interface ContainerDevices {
  /** Device files to map: /dev/kfd, and one render node per logical device. */
  readonly devices: readonly string[];
  /** Supplementary groups that own the files: by number where the host says it, because names differ inside. */
  readonly groups: readonly string[];
  /** For the process inside, which sees only the mapped devices, numbered from 0. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Besides the devices these are the two that AMD's and vLLM's documents ask for: host IPC for the ranks' shared memory, and
 * no seccomp profile, which otherwise refuses memory policies.
 */
export const IPC_MODE = "host";
export const SECURITY_OPTION = "seccomp=unconfined";

/**
 * @param renderNodes "/dev/dri/renderD129" of each device, in the order of ranks: read from the host, never computed.
 *
 * Inside, ROCr lists only the nodes it can open, so host indices would be wrong; the variable is set all the same, so that
 * a container started with more devices by accident still uses its own number of them.
 */
export function containerDevices(
  renderNodes: readonly string[],
  groups: readonly string[],
): ContainerDevices {
  return {
    devices: ["/dev/kfd", ...renderNodes],
    groups,
    env: { ROCR_VISIBLE_DEVICES: renderNodes.map((_, number) => number).join(",") },
  };
}
