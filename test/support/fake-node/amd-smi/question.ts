import type { Release } from "../release.ts";
import { END_OF_FILE, isConsent, NOT_CONFIRMED, QUESTION } from "./banners.ts";
import type { Outcome } from "./outcome.ts";
import { NOT_CONFIRMED_CODE } from "./typed-errors.ts";

/** End of file instead of an answer. */
export const NO_ANSWER = "\u0004";

/** Banner and question on stdout, also with --json; goes on only after a yes. */
export function ask(
  { errors }: Release,
  banner: string,
  answer: string | undefined,
  agreed: () => Outcome,
): Outcome {
  const asked = `${banner}${QUESTION}`;
  if (answer === undefined) return { stdout: asked, stderr: "", code: 0, asks: true };
  const declined = errors === "typed" ? NOT_CONFIRMED_CODE : 1;
  if (answer === NO_ANSWER && errors !== "typed") return { stdout: asked, stderr: END_OF_FILE, code: 1 };
  if (!isConsent(answer)) return { stdout: `${asked}${NOT_CONFIRMED}`, stderr: "", code: declined };
  const outcome = agreed();
  return { ...outcome, stdout: `${asked}${outcome.stdout}` };
}
