import * as pulumi from "@pulumi/pulumi";
import {
  GpuPartitionConfig,
  type GpuPartitionConfigArgs,
  ModelAllocation,
  type ModelAllocationArgs,
} from "pulumi-amd-gpu";

import { createStack, runCli, type TestStack } from "../support/engine.ts";
import { startHost, type TestHost } from "../support/hosts.ts";
import type { Request } from "./engine.ts";
import type { Declared, Program } from "./resource.ts";

/** The same history as a `Session` plays, through Pulumi's engine and the simulation. */
export interface RealSession {
  readonly host: TestHost;
  /** "op name" of each step, in the engine's order. */
  preview(program: Program): Promise<readonly string[]>;
  up(program: Program, request?: Request): Promise<readonly string[]>;
  refresh(): Promise<readonly string[]>;
  destroy(): Promise<readonly string[]>;
  taint(urn: string): Promise<void>;
  remember(): Promise<void>;
  /** State as it was remembered. */
  recall(): Promise<void>;
  stop(): Promise<void>;
}

const realProgram = (program: Program, host: TestHost) => async (): Promise<void> => {
  const parents = new Map<string, pulumi.ComponentResource>();
  const configs = new Map<string, GpuPartitionConfig>();
  const parentOf = ({ parents: type }: Declared): pulumi.ComponentResource | undefined => {
    if (!type) return undefined;
    const known = parents.get(type) ?? new pulumi.ComponentResource(type, "cluster");
    parents.set(type, known);
    return known;
  };
  for (const declared of program) {
    const parent = parentOf(declared);
    const { aliases, ...rest } = declared.options ?? {};
    const options = {
      ...rest,
      ...(parent && { parent }),
      ...(aliases && { aliases: [...aliases] }),
    } as unknown as pulumi.CustomResourceOptions;
    if (declared.kind === "partition") {
      const { connection: _connection, ...args } = declared.args;
      const all = { ...host.args, ...args } as GpuPartitionConfigArgs;
      configs.set(declared.name, new GpuPartitionConfig(declared.name, all, options));
    } else {
      const gpus = (declared.on ?? []).flatMap((name) => configs.get(name) ?? []);
      new ModelAllocation(
        declared.name,
        { ...declared.args, gpus } as unknown as ModelAllocationArgs,
        options,
      );
    }
  }
};

/** Components are no business of the provider; "replace" is the engine's word for the pair of steps beside it. */
const counted = (changes: readonly string[]): readonly string[] =>
  changes.filter((change) => !change.endsWith(" cluster") && !change.startsWith("replace "));

export async function startRealSession(project: string, name: string): Promise<RealSession> {
  const host = await startHost("simulation", { gpus: 2 });
  const stack: TestStack = await createStack(async () => undefined, { project, name });
  let remembered: Awaited<ReturnType<TestStack["exportStack"]>> | undefined;
  return {
    host,
    preview: async (program) =>
      counted((await stack.preview({ program: realProgram(program, host) })).changes),
    up: async (program, { targets, excludes, replace } = {}) =>
      counted(
        (
          await stack.up({
            program: realProgram(program, host),
            ...(targets && { target: [...targets] }),
            ...(excludes && { exclude: [...excludes] }),
            ...(replace && { replace: [...replace] }),
          })
        ).changes,
      ),
    refresh: async () => counted((await stack.refresh()).changes),
    destroy: async () => counted((await stack.destroy()).changes),
    taint: async (urn) => {
      const { code, stderr } = await runCli(["state", "taint", urn, "--yes"], {
        cwd: stack.folder,
        home: stack.home,
      });
      if (code !== 0) throw new Error(stderr);
    },
    remember: async () => {
      remembered = await stack.exportStack();
    },
    recall: async () => {
      if (remembered) await stack.importStack(remembered);
    },
    stop: async () => {
      await stack.dispose();
      await host.stop();
    },
  };
}
