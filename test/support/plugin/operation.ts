import { type PluginWorld, startPlugin, type TestPlugin } from "./client.ts";
import type { Properties } from "./values.ts";

/** One engine operation: a process of the plugin of its own. */
export async function operation<T>(
  work: (plugin: TestPlugin) => Promise<T>,
  config: Properties = {},
  world?: PluginWorld,
): Promise<T> {
  const plugin = await startPlugin(world);
  try {
    await plugin.configure(config);
    return await work(plugin);
  } finally {
    await plugin.stop();
  }
}

export const urnOf = (type: "GpuPartitionConfig" | "ModelAllocation" | "ModelFleet", name: string): string =>
  `urn:pulumi:dev::cluster::amdgpu:index:${type}::${name}`;
