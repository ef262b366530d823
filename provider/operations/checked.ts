import type { Message } from "../message.ts";
import { type CheckOutcome, fresh, type Properties } from "../wire/handler.ts";
import { UNKNOWN } from "../wire/unknowns.ts";
import type { Log } from "./operation/log.ts";

/** Something to be logged on the line of a resource. */
export interface Note {
  readonly severity: "info" | "warning";
  readonly message: Message;
}

/** What a check found, before it is put in the engine's words. */
export interface Checked {
  /** A fresh object. */
  readonly inputs: Record<string, unknown>;
  readonly failures: readonly Message[];
  readonly notes: readonly Note[];
}

/** What a check answers: inputs as they were declared, what was computed of them, and failures and notes, if any. */
export type Answer<Computed> = (
  inputs: object,
  computed: Partial<Computed>,
  rest?: Partial<Pick<Checked, "failures" | "notes">>,
) => Checked;

/**
 * A preview returns UNKNOWN for each property that is still open, so that a saved plan allows any value there. An update leaves it out,
 * because the engine refuses unknown inputs then.
 *
 * @param openKeys lists the computed properties that should have a value and have none yet.
 */
export const answerTo =
  <Computed>(
    news: Properties,
    provider: unknown,
    openKeys: (computed: Partial<Computed>) => readonly (keyof Computed & string)[],
  ): Answer<Computed> =>
  (inputs, computed, rest = {}) => ({
    inputs: {
      ...fresh({ ...inputs, ...computed }),
      ...(news["preview"] === true && Object.fromEntries(openKeys(computed).map((key) => [key, UNKNOWN]))),
      ...(provider !== undefined && { __provider: provider }),
    },
    failures: [],
    notes: [],
    ...rest,
  });

export const info = (message: Message): Note => ({ severity: "info", message });

export const warning = (message: Message): Note => ({ severity: "warning", message });

/**
 * A failure names no property: the engine prints the value of the property a failure names, secrets in clear (pulumi#19465). The
 * path stands at the start of the sentence instead. Neighbouring infos are one entry of the log.
 */
export function checkOutcome({ inputs, failures, notes }: Checked, log: Log): CheckOutcome {
  const infos = notes.filter(({ severity }) => severity === "info").map(({ message }) => message.text);
  for (const { severity, message } of notes) if (severity === "warning") log("warning", message.text);
  if (infos.length > 0) log("info", infos.join("\n"));
  if (failures.length === 0) return { inputs };
  return { inputs, failures: failures.map(({ text }) => ({ property: "", reason: text })) };
}
