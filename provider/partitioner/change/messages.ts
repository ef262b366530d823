import { defineMessages } from "../../message.ts";

/** Why a change that was planned is not made. */
export const changeMessages = defineMessages({
  "plan-outdated": ({
    planned,
    needed,
  }: {
    /** "0000:0c:00.0 SPX/NPS1 -> CPX/NPS1"; what is in both is left out. */
    readonly planned: readonly string[];
    readonly needed: readonly string[];
  }) =>
    `the host changed since the plan was computed (planned: ${short(planned)}; needed now: ${short(needed)}); preview again`,
});

const NAMED = 3;

function short(lines: readonly string[]): string {
  const more = lines.length - NAMED;
  return more > 0 ? `${lines.slice(0, NAMED).join(", ")} and ${more} more` : lines.join(", ") || "nothing";
}
