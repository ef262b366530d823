import type { Message } from "../../message.ts";

/** In the order in which a host needs them. */
export const CHECKS = [
  "name",
  "ssh",
  "host-key",
  "login",
  "shell",
  "rights",
  "record",
  "accelerators",
  "driver",
  "kfd",
  "amd-smi",
  "capability",
  "processes",
  "boot-units",
  "change",
  "consistency",
] as const;
export type CheckName = (typeof CHECKS)[number];

/** "skipped": an earlier check failed, without which this one cannot be made. */
export type CheckState = "ok" | "warning" | "failure" | "skipped";

export interface HostCheck {
  readonly name: CheckName;
  readonly state: CheckState;
  /** Stable, for programs: "host-key-trusted". */
  readonly code: string;
  /** One sentence; of a warning or a failure with what to do. */
  readonly text: string;
}

export interface Diagnosis {
  /** For messages: "ops@gpu1.example", "this machine". */
  readonly target: string;
  /** No check failed. */
  readonly ok: boolean;
  readonly checks: readonly HostCheck[];
}

const check =
  (state: CheckState) =>
  (name: CheckName, { code, text }: Pick<Message, "code" | "text">): HostCheck => ({
    name,
    state,
    code,
    text,
  });

export const ok = check("ok");
export const warning = check("warning");
export const failure = check("failure");
export const skipped = check("skipped");
