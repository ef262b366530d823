import * as pulumi from "@pulumi/pulumi";
import { GpuPartitionConfig } from "pulumi-amd-gpu";

/**
 * Looks at a host and does what it can do: partitions the hardware, or, where there is none, simulates it with a warning.
 *
 *   pulumi config set host gpu1.example
 *   pulumi config set user ops
 *   cat ~/.ssh/id_ed25519 | pulumi config set --secret privateKey
 *
 * Without a host it is the embedded simulation. The host's key is looked up in ~/.ssh/known_hosts.
 */
const config = new pulumi.Config();
const host = config.get("host");

const node = new GpuPartitionConfig("node1", {
  ...(host !== undefined && {
    connection: {
      host,
      port: config.getNumber("port") ?? 22,
      user: config.get("user") ?? "root",
      privateKey: config.requireSecret("privateKey"),
      ...(config.get("hostKey") !== undefined && { hostKey: config.require("hostKey") }),
    },
  }),
  // "real" would refuse a host that cannot be partitioned; "simulation" would not contact it at all.
  mode: config.get<"auto" | "real" | "simulation">("mode") ?? "auto",
  computePartition: "CPX",
  memoryPartition: "NPS1",
});

export const capability = node.capability;
export const accelerator = node.accelerator;
export const versions = node.versions;
export const devices = node.partitions.apply((partitions) => partitions.length);
