import { checked, checkVariable, type ContainerDevices } from "./container.ts";

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

/** Parts of a Pod, each by the names of the Kubernetes API. Arrays are not readonly, for the types of `@pulumi/kubernetes`. */
export interface PodParts {
  /** For the spec of the Pod. */
  readonly spec: {
    readonly volumes: { readonly name: string; readonly emptyDir: { readonly medium: string } }[];
  };
  /** For the container that serves the model. */
  readonly container: {
    readonly env: EnvironmentVariable[];
    readonly volumeMounts: { readonly name: string; readonly mountPath: string }[];
  };
}

export interface PrivilegedPodParts extends PodParts {
  readonly container: PodParts["container"] & { readonly securityContext: { readonly privileged: true } };
}

export interface CrioPodParts extends PodParts {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: PodParts["spec"] & {
    readonly securityContext?: { readonly supplementalGroups: number[] };
  };
}

/**
 * A model on any cluster, with nothing installed on its node: a privileged container, and the environment of a process that
 * sees all devices of its host, which this one does.
 *
 * Why privileged: of a plain Pod the API has no field for a device. A hostPath volume brings the file in, but the device
 * cgroup lets nobody open it (kubernetes#5607, #79090); CDI names reach the runtime from a device plugin or a DRA driver
 * alone. A privileged container has all device files of its host (unless its runtime says `privileged_without_host_devices`),
 * and the variable is all that keeps it to its own. Where the runtime is CRI-O, `crio` needs no privilege.
 *
 * @param env `env` of a ModelAllocation, not that of its `container`.
 */
export const privileged = (env: Readonly<Record<string, string>>): PrivilegedPodParts => ({
  spec: { volumes: sharedMemory.volumes() },
  container: {
    securityContext: { privileged: true },
    env: variables(env),
    volumeMounts: sharedMemory.mounts(),
  },
});

/** CRI-O reads the second up to version 1.34; from 1.35 the first, and the second as its deprecated name (cri-o#9537). */
const DEVICE_ANNOTATIONS = ["devices.crio.io", "io.kubernetes.cri-o.Devices"];

/**
 * A model on a node whose runtime is CRI-O, unprivileged: an annotation gives the Pod exactly these devices. The node has to
 * have each path in `allowed_devices` of its crio.conf, or the Pod does not start; the annotation is allowed by default.
 *
 * Groups that the host knows by name alone are left out: the API takes numbers, and root inside needs none.
 *
 * @param container `container` of a ModelAllocation.
 */
export const crio = (container: ContainerDevices): CrioPodParts => {
  checked(container);
  const groups = container.groups.filter((group) => /^\d+$/.test(group)).map(Number);
  const devices = container.devices.join(",");
  return {
    metadata: { annotations: Object.fromEntries(DEVICE_ANNOTATIONS.map((name) => [name, devices])) },
    spec: {
      volumes: sharedMemory.volumes(),
      ...(groups.length > 0 && { securityContext: { supplementalGroups: groups } }),
    },
    container: { env: variables(container.env), volumeMounts: sharedMemory.mounts() },
  };
};

/**
 * In place of the 64 MiB that a runtime gives: the ranks of one model, and the processes of an engine, meet there. What they
 * put there counts as memory of their container.
 */
const sharedMemory = {
  volumes: () => [{ name: "shm", emptyDir: { medium: "Memory" } }],
  mounts: () => [{ name: "shm", mountPath: "/dev/shm" }],
};

/** "$(NAME)" would be another variable, and "$$" is a "$". */
const variables = (env: Readonly<Record<string, string>>): EnvironmentVariable[] =>
  Object.entries(env).map(([name, value]) => {
    checkVariable(name, value);
    return { name, value: value.replaceAll("$", "$$$$") };
  });
