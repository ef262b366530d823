import { counted } from "../../message.ts";
import type { CheckState, Diagnosis } from "../../standalone/diagnosis/checks.ts";
import { type Line, span, type Tone } from "./line.ts";
import { table } from "./table.ts";

const TONES: Readonly<Record<CheckState, Tone>> = {
  ok: "good",
  warning: "warning",
  failure: "bad",
  skipped: "dim",
};

/** A line for each check, and the sum. */
export function diagnosisLines({ target, ok, checks }: Diagnosis): readonly Line[] {
  const count = (state: CheckState): number => checks.filter((check) => check.state === state).length;
  return [
    [span("heading", target)],
    ...table(
      [{ title: "STATE" }, { title: "CHECK" }, { title: "FOUND" }],
      checks.map(({ name, state, text }) => [span(TONES[state], state), name, text]),
    ),
    [
      span(ok ? "good" : "bad", ok ? "ready" : "not ready"),
      `: ${counted(count("failure"), "failure")}, ${counted(count("warning"), "warning")}`,
    ],
  ];
}
