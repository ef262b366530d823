import { z } from "zod";

import { HostRecordError } from "../host-errors.ts";
import { parseJson } from "../json.ts";
import { excerpt } from "../plain-text.ts";
import { COMPUTE_MODES, MEMORY_MODES } from "../topology/modes.ts";

/*
 * The host record is read by every later version and, until they are upgraded, by earlier ones: fields are added, never
 * changed. Unknown fields are kept (looseObject), so that an older version does not lose what a newer one wrote.
 */
const modes = z.looseObject({ compute: z.enum(COMPUTE_MODES), memory: z.enum(MEMORY_MODES) });
const byGpu = z.record(z.string(), modes);

const reservation = z.looseObject({
  /** project/stack/name of the ModelAllocation: a retried create finds and adopts its own. */
  key: z.string(),
  /** What is placed, for messages: "meta-llama/Llama-3.1-8B-Instruct (fp16)". */
  model: z.string(),
  devices: z.array(z.looseObject({ id: z.string(), bytes: z.number().int().nonnegative() })).min(1),
  exclusive: z.boolean(),
  /** URN of the resource whose it is. */
  urn: z.string().optional(),
  /** When it was first on these devices: UTC, as `Date.toISOString` writes it, by the clock of who wrote it. */
  since: z.string().optional(),
  /** What the model was declared with, in short, by whoever can tell: while that stays, so does its estimate. */
  declared: z.string().optional(),
  /** Others of the group keep away: from the devices, their GPU or the host. */
  antiAffinity: z.looseObject({ group: z.string(), level: z.enum(["device", "gpu", "host"]) }).optional(),
});

/** Written before the first change of a host and removed after its verification. Present = a change is under way or died. */
const journal = z.looseObject({
  /** project/stack/name of the GpuPartitionConfig. */
  key: z.string(),
  bootId: z.string(),
  before: byGpu,
  desired: byGpu,
  /** Whether the declaration was known to the host before the change. Absent = it is not known any more, and stays. */
  wasOwner: z.boolean().optional(),
  /** The step under way or about to begin, 0-based; equal to `steps.length` when all are done but not verified. */
  step: z.number().int().nonnegative(),
  steps: z.array(z.string()),
  /** systemd units that ran and were stopped for the change. */
  servicesStopped: z.array(z.string()).optional(),
});

const hostRecord = z.looseObject({
  version: z.literal(1),
  /** Grows by one with every write. */
  revision: z.number().int().nonnegative(),
  reservations: z.array(reservation),
  /** Which GpuPartitionConfig declares which GPUs. */
  owners: z.record(z.string(), z.array(z.string())),
  /** Modes of each GPU before this package first changed it: what `onDelete: "restore"` goes back to. */
  before: byGpu,
  journal: journal.optional(),
  /** The boot in which a declared layout was last found or put in place; another boot id means that the host was restarted. */
  bootId: z.string().optional(),
});

export type HostRecord = Readonly<z.infer<typeof hostRecord>>;
export type Reservation = Readonly<z.infer<typeof reservation>>;
export type Journal = Readonly<z.infer<typeof journal>>;

export const EMPTY_RECORD: HostRecord = { version: 1, revision: 0, reservations: [], owners: {}, before: {} };

/**
 * Bytes. A host of 64 devices, each with a few reservations, has a tenth of it; the host is read on every observation, and whoever is
 * root there can write anything.
 */
export const LONGEST_RECORD = 1024 * 1024;

/** @throws HostRecordError for anything but an absent file ("") or a record of version 1. */
export function parseHostRecord(text: string, path: string): HostRecord {
  if (text.trim() === "") return EMPTY_RECORD;
  if (text.length > LONGEST_RECORD)
    throw new HostRecordError(
      `${path} is longer than ${LONGEST_RECORD / 1024 ** 2} MiB; restore or remove it`,
    );
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new HostRecordError(`${path} is not JSON (${text.length} characters); restore or remove it`, {
      cause,
    });
  }
  const parsed = hostRecord.safeParse(value);
  if (parsed.success) return parsed.data;
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > 1) {
    throw new HostRecordError(
      `${path} is version ${version}, written by a newer pulumi-amd-gpu; upgrade this one`,
    );
  }
  const issue = parsed.error.issues[0];
  throw new HostRecordError(
    `${path} is damaged at ${excerpt(issue?.path.join(".") ?? "its root")}: ${excerpt(issue?.message ?? "")}; restore or remove it`,
  );
}

/** `revision` stands on a line of its own: the compare-and-swap script finds it there without a JSON parser. */
export const formatHostRecord = (record: HostRecord): string => `${JSON.stringify(record, null, 2)}\n`;
