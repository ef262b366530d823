import type { ContainerDevices } from "./container.ts";

/**
 * Arguments of `docker run` (podman takes the same), one array element each: no shell quoting is needed or done.
 *
 * Besides the devices these are the two that AMD's and vLLM's documents ask for: host IPC for the ranks' shared memory,
 * and no seccomp profile, which otherwise refuses memory policies.
 */
export const runArgs = (container: ContainerDevices): readonly string[] => [
  ...container.devices.map((path) => `--device=${path}`),
  ...container.groups.map((group) => `--group-add=${group}`),
  "--ipc=host",
  "--security-opt=seccomp=unconfined",
  ...Object.entries(container.env).map(([name, value]) => `--env=${name}=${value}`),
];
