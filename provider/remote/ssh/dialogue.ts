import type { Message } from "../../message.ts";
import { loginMessages } from "../messages.ts";

/** One question of a server in keyboard-interactive (RFC 4256, section 3.2). */
export interface Prompt {
  readonly prompt: string;
  readonly echo?: boolean;
}

/** The side of a login dialogue that answers, and what came of it. */
export interface Dialogue {
  /** One answer for each question. */
  answer(instructions: string, prompts: readonly Prompt[]): readonly string[];
  /** Texts that came without a question: what PAM tells whoever logs in. */
  tell(text: string): void;
  /** What the server asked for and was not given; undefined: nothing. */
  unanswered(): Message | undefined;
  /** What the server has told. */
  told(): string;
}

/** Asks for another password: the account's one has run out. */
const NEW_PASSWORD = /\bnew\b.*password|change.*password|password.*(?:expired|change)/is;

/**
 * Types a password into a dialogue: once. A second hidden question wants something else, such as a code or a new password; the same
 * password for an answer would be counted as a failure, or be taken for the new one.
 */
export function passwordDialogue(user: string, password: string): Dialogue {
  let given = false;
  let unanswered: Message | undefined;
  const told: string[] = [];
  const answerTo = ({ prompt, echo }: Prompt, instructions: string): string => {
    if (echo === true) return "";
    if (!given) {
      given = true;
      return password;
    }
    const question = `${instructions} ${prompt}`.trim();
    const code = NEW_PASSWORD.test(question) ? "password-expired" : "prompt-unanswered";
    unanswered ??= loginMessages[code]({ user, prompt: question });
    return "";
  };
  return {
    answer: (instructions, prompts) => prompts.map((prompt) => answerTo(prompt, instructions)),
    tell: (text) => {
      if (told.length < LONGEST_TOLD) told.push(text);
    },
    unanswered: () => unanswered,
    told: () => told.join(" ").trim(),
  };
}

const LONGEST_TOLD = 16;
