/** What the code of a page uses and no block of it declares: the reader's own host, files and stack. By page. */
export const TAKEN_FOR_GRANTED: Readonly<Record<string, string>> = {
  "README.md": `
    import type { ConnectionArgs } from "pulumi-amd-gpu";
    declare const privateKey: string;
    declare const connection: { host: string };
  `,
  "docs/models.md": `
    import type { ModelScheduler } from "pulumi-amd-gpu";
    declare const scheduler: ModelScheduler;
  `,
  "docs/operations.md": `
    import { listOwners, listReservations, openHost, releaseOwner, releaseReservation } from "pulumi-amd-gpu";
    declare const GONE: string;
  `,
  "docs/reference.md": `
    import * as pulumi from "@pulumi/pulumi";
    import { ModelAllocation, ModelFleet } from "pulumi-amd-gpu";
    declare const config: pulumi.Config;
    declare const connection: { host: string };
    declare const node1: GpuPartitionConfig;
    declare const node2: GpuPartitionConfig;
  `,
  "docs/scheduling.md": `
    import {
      createScheduler, type Layout, listReservations, openHost, planCapacity, releaseReservation,
    } from "pulumi-amd-gpu";
    declare const layout: Layout;
  `,
  "docs/simulation-to-hardware.md": `
    import { readFileSync } from "node:fs";
    import * as pulumi from "@pulumi/pulumi";
    import { type ConnectionArgs, docker, GpuPartitionConfig, type ModelAllocation } from "pulumi-amd-gpu";
    declare const connection: ConnectionArgs;
    declare const llama: ModelAllocation;
  `,
};
