import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";

import {
  type ConfigMap,
  type Deployment,
  type DestroyOptions,
  type EngineEvent,
  LocalWorkspace,
  type OutputMap,
  type PreviewOptions,
  type PulumiFn,
  type RefreshOptions,
  type Stack,
  type UpOptions,
} from "@pulumi/pulumi/automation/index.js";

import { findPackageRoot } from "../../../tools/engine/places.ts";
import { createHome, type PulumiHome } from "./home.ts";
import { EngineRunError, type Run, toRun } from "./run.ts";

export interface StackOptions {
  /** @default "test" */
  readonly name?: string;
  /** @default "engine-test" */
  readonly project?: string;
  /** Keys without a colon belong to the project. */
  readonly config?: ConfigMap;
  /** Give the same one to several stacks to let them share a backend. @default one of its own, gone with `dispose` */
  readonly home?: PulumiHome;
  /** Seen by the engine, and so by the provider process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working folder of the provider process, from where it resolves `pulumi-amd-gpu/runtime`. @default our package root */
  readonly programFolder?: string;
}

type Recorded = "onEvent" | "onOutput" | "onError";

/** Every operation rejects with an {@link EngineRunError} when the engine fails; see `failed` for those that should. */
export interface TestStack {
  readonly name: string;
  readonly home: PulumiHome;
  /** Holds Pulumi.yaml and the stack's configuration; `runCli` works here on the same stack, without the program. */
  readonly folder: string;
  preview(options?: Omit<PreviewOptions, Recorded>): Promise<Run>;
  /** `program` in the options takes the place of the first one, for this operation. */
  up(options?: Omit<UpOptions, Recorded>): Promise<Run>;
  refresh(options?: Omit<RefreshOptions, Recorded>): Promise<Run>;
  destroy(options?: Omit<DestroyOptions, Recorded>): Promise<Run>;
  /** Outputs with secrets in clear. */
  outputs(): Promise<OutputMap>;
  setConfig(config: ConfigMap): Promise<void>;
  exportStack(): Promise<Deployment>;
  importStack(state: Deployment): Promise<void>;
  /** Removes all files, except those of a `home` that was given. It destroys nothing: what has effects elsewhere calls `destroy`. */
  dispose(): Promise<void>;
}

type Recorders = Pick<Required<UpOptions>, Recorded>;

const record = async (operation: (recorders: Recorders) => Promise<unknown>): Promise<Run> => {
  const events: EngineEvent[] = [];
  let output = "";
  const append = (text: string): void => {
    output += text;
  };
  try {
    await operation({ onEvent: (event) => events.push(event), onOutput: append, onError: append });
  } catch (error) {
    throw new EngineRunError(toRun(events, output === "" ? String(error) : output), error);
  }
  return toRun(events, output);
};

const createAutomationStack = async (
  program: PulumiFn,
  {
    name,
    project,
    programFolder,
    config,
    env,
    home,
    folder,
  }: Required<StackOptions> & { readonly folder: string },
): Promise<Stack> => {
  const stack = await LocalWorkspace.createStack(
    { stackName: name, projectName: project, program },
    {
      workDir: folder,
      projectSettings: { name: project, runtime: "nodejs", main: programFolder },
      envVars: { ...home.env, ...env },
    },
  );
  await stack.setAllConfig(config);
  return stack;
};

/** Makes an empty stack for a program that runs in this process. */
export const createStack = async (program: PulumiFn, options: StackOptions = {}): Promise<TestStack> => {
  const { name = "test", project = "engine-test", programFolder = findPackageRoot() } = options;
  const { config = {}, env = {}, home = await createHome() } = options;
  const dispose = async (): Promise<void> => {
    if (options.home === undefined) await home.dispose();
  };
  const folder = await mkdtemp(join(home.folder, `${project}-${name}-`));
  const all = { name, project, programFolder, config, env, home, folder };
  const stack = await createAutomationStack(program, all).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return {
    name,
    home,
    folder,
    preview: async (given) => record(async (recorders) => stack.preview({ ...given, ...recorders })),
    up: async (given) => record(async (recorders) => stack.up({ ...given, ...recorders })),
    refresh: async (given) => record(async (recorders) => stack.refresh({ ...given, ...recorders })),
    destroy: async (given) => record(async (recorders) => stack.destroy({ ...given, ...recorders })),
    outputs: async () => stack.outputs(),
    setConfig: async (given) => stack.setAllConfig(given),
    exportStack: async () => stack.exportStack(),
    importStack: async (state) => stack.importStack(state),
    dispose,
  };
};
