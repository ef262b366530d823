import type { PluginFunction } from "./function.ts";

/** By the token of the schema. Code is loaded with the first call of a function. */
export const FUNCTIONS: Readonly<Record<string, () => Promise<PluginFunction>>> = {
  "amdgpu:index:getHost": async () => (await import("./get-host.ts")).getHost,
  "amdgpu:index:estimateMemory": async () => (await import("./estimate-memory.ts")).estimateMemory,
  "amdgpu:index:planCapacity": async () => (await import("./plan-capacity.ts")).planCapacity,
  "amdgpu:docker:runArgs": async () => (await import("./renderers.ts")).dockerRunArgs,
  "amdgpu:docker:containerArgs": async () => (await import("./renderers.ts")).dockerContainerArgs,
  "amdgpu:compose:service": async () => (await import("./renderers.ts")).composeService,
  "amdgpu:systemd:dropIn": async () => (await import("./renderers.ts")).systemdDropIn,
  "amdgpu:systemd:quadlet": async () => (await import("./renderers.ts")).systemdQuadlet,
  "amdgpu:kubernetes:privileged": async () => (await import("./renderers.ts")).kubernetesPrivileged,
  "amdgpu:kubernetes:crio": async () => (await import("./renderers.ts")).kubernetesCrio,
};
