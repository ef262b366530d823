import { checked, type ContainerDevices, IPC_MODE, SECURITY_OPTION } from "./container.ts";

/** Arguments of `docker run` (podman takes the same), one array element each: no shell quoting is needed or done. */
export function runArgs(container: ContainerDevices): string[] {
  const { devices, groups, env } = checked(container);
  return [
    ...devices.map((path) => `--device=${path}`),
    ...groups.map((group) => `--group-add=${group}`),
    `--ipc=${IPC_MODE}`,
    `--security-opt=${SECURITY_OPTION}`,
    ...variables(env).map((variable) => `--env=${variable}`),
  ];
}

/** Inputs of a `docker.Container` of `@pulumi/docker`, by its names. Its types take no readonly arrays. */
export interface DockerContainerArgs {
  readonly devices: {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly permissions: string;
  }[];
  readonly groupAdds: string[];
  readonly ipcMode: string;
  readonly securityOpts: string[];
  readonly envs: string[];
}

/** A device is said in full: what is left out comes back from Docker filled in, and would be a difference ever after. */
export function containerArgs(container: ContainerDevices): DockerContainerArgs {
  const { devices, groups, env } = checked(container);
  return {
    devices: devices.map((path) => ({ hostPath: path, containerPath: path, permissions: "rwm" })),
    groupAdds: [...groups],
    ipcMode: IPC_MODE,
    securityOpts: [SECURITY_OPTION],
    envs: variables(env),
  };
}

const variables = (env: ContainerDevices["env"]): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);
