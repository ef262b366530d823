import { z } from "zod";

import { COMPUTE_MODES, MEMORY_MODES } from "../topology/modes.ts";

/**
 * A GPU by its PCI address ("0000:0c:00.0"), its UUID as amd-smi or HIP says it, its place on the board ("oam:3"), or its number in
 * ascending order of addresses.
 */
const gpuReference = z.union([
  z.number().int().min(0),
  z
    .string()
    .regex(
      /^(?:(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}(?:\.0)?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|GPU-[0-9a-f]{16}|oam:\d+)$/i,
      'the PCI address of a GPU, as "0000:0c:00.0", its UUID, its place on the board, as "oam:3", or its number',
    ),
]);

export const computePartition = z.enum(COMPUTE_MODES);
export const memoryPartition = z.enum(MEMORY_MODES);

/** Field names and positional meaning are those of AMD's Device Config Manager; `gpus` is ours. */
const profileOf = (fewest: number) =>
  z
    .strictObject({
      /** Compute mode of these GPUs. */
      computePartition,
      /** Memory mode of these GPUs. GPUs of one XGMI hive, which usually is the whole host, have the same. */
      memoryPartition,
      /** How many of the GPUs that no profile names, in ascending order. @default the rest, for one profile */
      numGPUsAssigned: z.number().int().min(fewest).max(64).optional(),
      /** Which GPUs, by reference. Instead of `numGPUsAssigned`. */
      gpus: z.array(gpuReference).min(1).optional(),
    })
    .refine((one) => one.gpus === undefined || one.numGPUsAssigned === undefined, {
      path: ["numGPUsAssigned"],
      message: "conflicts with gpus; set one of them",
    });

/** Takes what the others leave: no count, or 0 in a file of Device Config Manager. */
const isOpen = (one: { readonly gpus?: unknown; readonly numGPUsAssigned?: number | undefined }): boolean =>
  one.gpus === undefined && (one.numGPUsAssigned ?? 0) === 0;

const profilesOf = (fewest: number) =>
  z
    .array(profileOf(fewest))
    .min(1)
    .superRefine((list, context) => {
      const open = list.flatMap((one, number) => (isOpen(one) ? [number] : []));
      for (const number of open.slice(1)) {
        context.addIssue({
          code: "custom",
          path: [number, "numGPUsAssigned"],
          message: `is missing, as in profiles[${open[0]}]; only one profile can take the remaining GPUs`,
        });
      }
    });

export const profilesSchema = profilesOf(1);

export const skippedGPUsSchema = z.strictObject({
  /** The GPUs, by reference. */
  ids: z.array(gpuReference),
});

/**
 * One named profile of AMD's Device Config Manager, as its release 1.5 reads it: a count that is missing or 0 is what the others
 * leave, and `skippedGPUs` and its `ids` may be missing (docs/configuration/configmap.md of ROCm/device-config-manager).
 */
const dcmProfile = z.strictObject({
  skippedGPUs: z.strictObject({ ids: z.array(gpuReference).optional() }).optional(),
  profiles: profilesOf(0),
});

export type DcmProfile = Readonly<z.output<typeof dcmProfile>>;

/** Profiles by name. What they are is judged when they are chosen. */
export const dcmProfilesSchema = z.record(z.string(), z.unknown());

/** Adds what is wrong with the chosen profile. @param at path of the profile */
export function judgeProfile(
  at: readonly string[],
  profile: unknown,
  context: Pick<z.core.$RefinementCtx, "issues">,
): void {
  const judged = dcmProfile.safeParse(profile);
  for (const issue of judged.error?.issues ?? []) {
    const path = [...at, ...issue.path];
    // What safeParse has made of an issue is more than what addIssue asks for, and typed otherwise.
    context.issues.push({ ...issue, path } as unknown as z.core.$ZodRawIssue);
  }
}

/** One that was judged. */
export const parseDcmProfile = (profile: unknown): DcmProfile => dcmProfile.parse(profile);
