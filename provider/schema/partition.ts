import { z } from "zod";

import { fullKey } from "../resource-key.ts";
import { SAFE_PATH } from "../safe-path.ts";
import { ACCELERATOR_NAMES } from "../topology/accelerators.ts";
import { connectionSchema } from "./connection.ts";
import {
  computePartition,
  dcmProfilesSchema,
  judgeProfile,
  memoryPartition,
  profilesSchema,
  skippedGPUsSchema,
} from "./profiles.ts";

/** Seconds. */
export const timeoutsSchema = z.strictObject({
  /** One observation of the host. One amd-smi call in it may take half of this time. @default 120 */
  observe: z.number().min(1).max(3600).default(120),
  // AMD's own tool takes up to 140 s until it reports a failure.
  /** One amd-smi call that changes a mode. @default 300 */
  set: z.number().min(1).max(3600).default(300),
  /** A reload of the driver, and then the wait until all GPUs are back. @default 600 */
  reload: z.number().min(1).max(7200).default(600),
  /** The wait for another run that changes the same host. @default 300 */
  lock: z.number().min(0).max(7200).default(300),
  /** The wait for GPU processes to end, with `inUse: "wait"`. @default 600 */
  inUse: z.number().min(1).max(86_400).default(600),
});

export const simulationSchema = z.strictObject({
  /** Model of the simulated GPUs. @default "MI300X" */
  accelerator: z.enum(ACCELERATOR_NAMES).default("MI300X"),
  /** How many GPUs the simulated host has. @default 8 */
  gpus: z.number().int().min(1).max(8).default(8),
  /** Path of the file that is the simulated host; edit it to see drift. @default `.pulumi-amd-gpu/<stack>.<name>.json` in the program's folder */
  stateFile: z.string().min(1).optional(),
});

/** Which host, and how it is reached: shared by both resources. */
export const hostAccessShape = {
  /** The host, over SSH. Kept as a secret. @default none: the embedded simulation */
  connection: connectionSchema.optional(),
  // False is the same as absent, so that a program can pass a configuration value.
  /** The host is the machine that runs Pulumi. @default false */
  local: z
    .boolean()
    .optional()
    .transform((local) => local || undefined),
  /** What is simulated, where the backend is the simulation. @default eight MI300X */
  simulation: simulationSchema.optional(),
  /** "auto" changes hardware and simulates with a warning where it cannot; "real" fails instead; "simulation" contacts no host. @default "auto" */
  mode: z.enum(["auto", "real", "simulation"]).default("auto"),
  /** Time limits of what is done on the host, in seconds. @default those of each limit */
  timeouts: timeoutsSchema.prefault({}),
  /** Absolute path of amd-smi on the host. @default found under `/opt` or on PATH */
  amdSmiPath: z
    .string()
    .regex(SAFE_PATH, "the absolute path of amd-smi, without spaces and quotes")
    .optional(),
};

/** What is wrong with the fields of a host together. */
export function accessProblems(args: {
  readonly connection?: unknown;
  readonly local?: unknown;
  readonly mode: string;
}): readonly (readonly [field: "local" | "mode", message: string])[] {
  const hosts = onlyOne([
    ["connection", args.connection],
    ["local", args.local],
  ]);
  return [
    ...(hosts.length > 1 ? [["local", "conflicts with connection; set one of them"] as const] : []),
    ...(args.mode === "real" && hosts.length === 0
      ? [["mode", 'is "real", which needs a host: give connection or local'] as const]
      : []),
  ];
}

/** How keys are written, so that one of 0.1.0, which has no such number, is known. */
const KEY_FORMAT = 2 as const;

/**
 * What the resource classes add: who declares this. Not for users. Version 0.1.0 wrote `key` without the parents of the
 * resource, and no `keyFormat`.
 */
export const identitySchema = z
  .strictObject({
    key: z.string().min(1),
    urn: z.string(),
    keyFormat: z.literal(KEY_FORMAT).optional(),
    formerKeys: z.array(z.string()).optional(),
  })
  .transform(({ key, urn, keyFormat, formerKeys = [] }) => {
    const full = keyFormat === undefined ? fullKey({ key, urn }) : key;
    const former = [...new Set([...formerKeys, ...(full === key ? [] : [key])])];
    return {
      /** Under which the resource stands in host records; see `resource-key.ts`. */
      key: full,
      urn,
      keyFormat: KEY_FORMAT,
      /** Under which it may stand there still, until its entry is written again. @default none */
      ...(former.length > 0 && { formerKeys: former }),
    };
  });

const onlyOne = (given: readonly (readonly [string, unknown])[]): readonly string[] =>
  given.flatMap(([name, value]) => (value === undefined ? [] : [name]));

interface DcmProfiles {
  readonly "gpu-config-profiles"?: Readonly<Record<string, unknown>> | undefined;
  readonly gpuConfigProfiles?: Readonly<Record<string, unknown>> | undefined;
}

/** The profiles of a Device Config Manager file, and the property that has them. */
export const dcmProfilesOf = (
  args: DcmProfiles,
): { readonly property: keyof DcmProfiles; readonly profiles: DcmProfiles["gpuConfigProfiles"] } =>
  args.gpuConfigProfiles === undefined
    ? { property: "gpu-config-profiles", profiles: args["gpu-config-profiles"] }
    : { property: "gpuConfigProfiles", profiles: args.gpuConfigProfiles };

export const partitionArgsSchema = z
  .strictObject({
    ...hostAccessShape,
    /** Compute mode of all GPUs. Needs `memoryPartition`. */
    computePartition: computePartition.optional(),
    /** Memory mode of all GPUs. Needs `computePartition`. */
    memoryPartition: memoryPartition.optional(),
    /** A mixed layout: each profile gives modes to some of the GPUs. */
    profiles: profilesSchema.optional(),
    /** GPUs that this resource does not manage. A change of the memory mode still reaches them. @default none */
    skippedGPUs: skippedGPUsSchema.optional(),
    // One file serves many hosts: only the chosen profile is judged.
    /** Profiles by name, as in a file of AMD's Device Config Manager. */
    "gpu-config-profiles": dcmProfilesSchema.optional(),
    /** The same as `gpu-config-profiles`, under a name that every language can write. */
    gpuConfigProfiles: dcmProfilesSchema.optional(),
    /** Which profile of `gpu-config-profiles` applies. @default the only one */
    gpuConfigProfile: z.string().min(1).optional(),
    /** systemd units that use the GPUs. A change stops them first, and then starts those that were running. @default none */
    gpuClientSystemdServices: z
      .strictObject({
        /** Names of the units, in the order in which they are stopped. */
        names: z.array(
          // A name is an argument of systemctl: what begins with a dash would be an option of it.
          z.string().regex(/^[A-Za-z0-9:_.@][A-Za-z0-9:_.@-]{0,254}$/, "the name of a systemd unit"),
        ),
      })
      .default({ names: [] }),
    /** What a change does while processes use its GPUs: fail, or wait for them up to `timeouts.inUse`. @default "refuse" */
    inUse: z.enum(["refuse", "wait"]).default("refuse"),
    /** Whether a change may reload the driver, which a new memory mode needs. "refuse" makes the preview fail. @default "allow" */
    driverReload: z.enum(["allow", "refuse"]).default("allow"),
    /** What a destroy does: restore the modes from before the first change, or keep the layout. @default "restore" */
    onDelete: z.enum(["restore", "keep"]).default("restore"),
    // Without a default in the schema: state from before this field has none.
    /** Installs a systemd unit on the host that sets the modes again at boot. @default false */
    persist: z.boolean().optional(),
    identity: identitySchema,
  })
  .superRefine((args, context) => {
    const add = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path: [...path], message });
    for (const [field, message] of accessProblems(args)) add([field], message);

    const forms = onlyOne([
      ["computePartition", args.computePartition ?? args.memoryPartition],
      ["profiles", args.profiles],
      ["gpu-config-profiles", args["gpu-config-profiles"]],
      ["gpuConfigProfiles", args.gpuConfigProfiles],
    ]);
    const { property: dcm, profiles: dcmProfiles } = dcmProfilesOf(args);
    if (forms.length === 0)
      add(["computePartition"], "is missing: give computePartition and memoryPartition, or profiles");
    if (forms.length > 1) add([forms[1] ?? ""], `conflicts with ${forms[0]}; set one of them`);
    if (forms[0] === "computePartition") {
      if (args.computePartition === undefined) add(["computePartition"], "is missing beside memoryPartition");
      if (args.memoryPartition === undefined) add(["memoryPartition"], "is missing beside computePartition");
    }
    if (args.skippedGPUs && dcmProfiles) add(["skippedGPUs"], `belongs in the profile of ${dcm}`);
    const names = Object.keys(dcmProfiles ?? {});
    if (dcmProfiles && names.length === 0) {
      add([dcm], "has no profile");
      return;
    }
    // An empty name has its own sentence.
    if (args.gpuConfigProfile && !names.includes(args.gpuConfigProfile)) {
      add(
        ["gpuConfigProfile"],
        `is ${JSON.stringify(args.gpuConfigProfile)}; ${dcm} has ${names.join(", ") || "none"}`,
      );
    }
    if (dcmProfiles && args.gpuConfigProfile === undefined && names.length !== 1) {
      add(["gpuConfigProfile"], `is missing; choose one of ${names.join(", ")}`);
      return;
    }
    const chosen = args.gpuConfigProfile ?? names[0];
    if (chosen !== undefined && names.includes(chosen))
      judgeProfile([dcm, chosen], dcmProfiles?.[chosen], context);
  });

export type PartitionArgs = Readonly<z.output<typeof partitionArgsSchema>>;
export type Timeouts = Readonly<z.output<typeof timeoutsSchema>>;
export type Identity = Readonly<z.output<typeof identitySchema>>;
