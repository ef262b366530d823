import { checked, type ContainerDevices, IPC_MODE } from "./container.ts";

/**
 * A drop-in for the unit of a model that is served without a container: exactly its devices, the groups
 * that own them, and the environment that is right then. For a unit of the system: a user's manager can add no groups.
 *
 * The devices are shut by cgroup, and the environment is that of a container. The kernel hides the topology of a device that
 * a cgroup may not open (`kfd_devcgroup_check_permission` in amdkfd), and ROCr leaves out one whose render node answers
 * EPERM (`topology_sysfs_check_node_supported` in libhsakmt/src/topology.c, ROCR-Runtime at c7785a6), so that a process in
 * here counts its own devices from 0. The groups are needed all the same: EACCES ends ROCr's search instead.
 *
 * systemd looks the devices up when the service starts.
 *
 * @throws ArgumentError for a device, a group or a variable that would be read as something else.
 */
export function dropIn(container: ContainerDevices): string {
  const { devices, groups, env } = checked(container, "systemd");
  return section("Service", [
    "DevicePolicy=closed",
    ...devices.map((path) => `DeviceAllow=${path} rw`),
    `SupplementaryGroups=${groups.join(" ")}`,
    ...environment(env),
  ]);
}

/** The same for a container that podman's Quadlet makes a unit of: lines of the `[Container]` section, Image= and Exec= aside. */
export function quadlet(container: ContainerDevices): string {
  const { devices, groups, env } = checked(container, "systemd");
  return section("Container", [
    ...devices.map((path) => `AddDevice=${path}`),
    "SeccompProfile=unconfined",
    // Keys of their own came later than Quadlet, or never.
    `PodmanArgs=${[...groups.map((group) => `--group-add=${group}`), `--ipc=${IPC_MODE}`].join(" ")}`,
    // Quadlet makes arguments of ExecStart= of them, where "$" begins a variable.
    ...environment(env).map((line) => line.replaceAll("$", "$$$$")),
  ]);
}

const section = (name: string, lines: readonly string[]): string => `[${name}]\n${lines.join("\n")}\n`;

const environment = (env: ContainerDevices["env"]): readonly string[] =>
  Object.entries(env).map(([name, value]) => `Environment="${escaped(`${name}=${value}`)}"`);

/** Within double quotes: "%" begins a specifier, a backslash an escape; "$" means nothing in Environment=. */
const escaped = (text: string): string =>
  text
    .replaceAll("%", "%%")
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll("\n", String.raw`\n`);
