// A user's program, compiled against the packed tarball and never run.
import * as pulumi from "@pulumi/pulumi";
import {
  AmdGpuError,
  type Bytes,
  ChangeFailedError,
  type DirectHost,
  exportConfig,
  GpuPartitionConfig,
  HostUnreachableError,
  type LayoutDeclaration,
  listReservations,
  type MemoryEstimate,
  ModelAllocation,
  ModelFleet,
  openHost,
  type PartitionStatus,
  type Plan,
  type Precision,
  RefusedError,
} from "pulumi-amd-gpu";

const config = new pulumi.Config();

// Outputs fit inputs.
export async function adopt(): Promise<GpuPartitionConfig | undefined> {
  const host = await openHost({ local: true });
  const exported = exportConfig(host);
  await host.close();
  return exported && new GpuPartitionConfig("adopted", { local: true, ...exported.declaration });
}

const services = ["vllm.service"] as const;
const gpus = new GpuPartitionConfig("node", {
  local: config.getBoolean("local"),
  simulation: { accelerator: "MI300X" },
  computePartition: "CPX",
  memoryPartition: "NPS4",
  gpuClientSystemdServices: { names: services },
});
const precision: Precision = "fp8";
const chat = new ModelAllocation("chat", { gpus, model: "Qwen/Qwen3-8B", precision });
export const beside = new ModelAllocation("beside", {
  gpus,
  model: "Qwen/Qwen2.5-0.5B",
  pin: { partitions: chat.partitionIds },
});
export const fleet = new ModelFleet("fleet", {
  gpus: [gpus],
  models: { small: { model: "Qwen/Qwen2.5-0.5B" } },
});

export const status: pulumi.Output<PartitionStatus> = gpus.status;
export const device: pulumi.Output<string | undefined> = chat.env.apply((env) => env["ROCR_VISIBLE_DEVICES"]);

// Without Pulumi.
export async function change(host: DirectHost, declaration: LayoutDeclaration): Promise<Plan> {
  const reservations = await listReservations(host);
  if (reservations.length > 0) throw new Error(reservations.map(({ model }) => model).join(", "));
  const { plan } = await host.reconcile(declaration, { owner: "shop/prod/node" });
  return plan;
}

export function explain(error: unknown): string {
  if (error instanceof RefusedError)
    return error.reasons.map(({ code, text }) => `${code}: ${text}`).join("\n");
  if (error instanceof ChangeFailedError) return error.rolledBack ? "as before" : "half changed";
  if (error instanceof HostUnreachableError) return error.target;
  return error instanceof AmdGpuError ? error.code : String(error);
}

export const bytesOf = (estimate: MemoryEstimate): Bytes => estimate.best;
