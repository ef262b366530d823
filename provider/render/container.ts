import { ArgumentError } from "../argument-errors.ts";
import { excerpt } from "../plain-text.ts";

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

/** What runtimes, systemd and annotations separate by ("," ":" "=" blanks, line ends) or put in ("%" "$") is in no such path. */
const DEVICE_PATH = /^\/[A-Za-z0-9_./@+-]+$/;
const GROUP = /^(?:\d+|[A-Za-z_][A-Za-z0-9_.-]*)$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Which characters a value of a variable can have: none takes NUL, and systemd drops a variable with others. */
export type ValuesOf = "any" | "systemd";

const IMPOSSIBLE: Readonly<Record<ValuesOf, RegExp>> = {
  any: /\0/,
  // `env_value_is_valid` of systemd: control characters other than these two.
  systemd: /[^\P{Cc}\t\n\u0080-\u009F]/u,
};

/**
 * What is rendered is read again by a tool that knows lines, options and separators: a value that would become one of those is
 * refused.
 *
 * @throws ArgumentError that names the field.
 */
export function checked(container: ContainerDevices, values: ValuesOf = "any"): ContainerDevices {
  for (const [number, path] of container.devices.entries()) {
    if (!DEVICE_PATH.test(path)) refuse(`devices[${number}]`, path, "the path of a device file");
  }
  for (const [number, group] of container.groups.entries()) {
    if (!GROUP.test(group)) refuse(`groups[${number}]`, group, "the number or name of a group");
  }
  for (const [name, value] of Object.entries(container.env)) checkVariable(name, value, values);
  return container;
}

export function checkVariable(name: string, value: string, values: ValuesOf = "any"): void {
  if (!VARIABLE.test(name)) refuse("env", name, "the name of an environment variable");
  if (IMPOSSIBLE[values].test(value)) refuse(`env.${name}`, value, "a value without control characters");
}

function refuse(field: string, value: string, wanted: string): never {
  throw new ArgumentError([`${field} must be ${wanted}, and is "${excerpt(value)}"`]);
}
