import { checked, type ContainerDevices, IPC_MODE, SECURITY_OPTION } from "./container.ts";

/**
 * A part of a service in a Compose file, by the names of the Compose specification (schema/compose-spec.json in
 * github.com/compose-spec/compose-spec at 170098b).
 */
export interface ComposeService {
  readonly devices: string[];
  readonly group_add: string[];
  readonly ipc: string;
  readonly security_opt: string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** To be spread into a service: `{ image, command, ...compose.service(container) }`, as YAML or as the JSON that YAML is. */
export function service(container: ContainerDevices): ComposeService {
  const { devices, groups, env } = checked(container);
  return {
    devices: devices.map((path) => `${path}:${path}`),
    // The specification wants each once, and both groups of a host can be one.
    group_add: [...new Set(groups)],
    ipc: IPC_MODE,
    security_opt: [SECURITY_OPTION],
    environment: Object.fromEntries(
      // Compose puts in variables of its own surroundings for "$NAME".
      Object.entries(env).map(([name, value]) => [name, value.replaceAll("$", "$$$$")]),
    ),
  };
}
