import type { Message } from "../../message.ts";
import type { Connection } from "../../schema/connection.ts";
import { loginMessages } from "../messages.ts";
import { type Dialogue, passwordDialogue, type Prompt } from "./dialogue.ts";

/** One request to be let in, in the words of the SSH protocol. `Key` is whatever the SSH library signs with. */
export type LoginRequest<Key> =
  | { readonly type: "publickey"; readonly username: string; readonly key: Key }
  | { readonly type: "password"; readonly username: string; readonly password: string }
  | { readonly type: "agent"; readonly username: string; readonly agent: string | object }
  | {
      readonly type: "keyboard-interactive";
      readonly username: string;
      readonly prompt: (...question: readonly unknown[]) => void;
    };

/** Decides what to ask next, and can say afterwards why nothing helped. */
export interface Login<Key> {
  /** `offered`: what the server would still take, null before the first answer. False: nothing is left to try. */
  readonly next: (
    offered: readonly string[] | null,
    partialSuccess: boolean | null,
  ) => LoginRequest<Key> | false;
  /** A text of PAM that came without a question. */
  readonly tell: (text: string) => void;
  /** Why we were not let in, without any part of a credential. `banner` and `detail` are what the server said at last. */
  failure(banner: string, detail: string): Message;
}

/**
 * The same once more, signed in the other way: the SSH library signs with an RSA key and SHA-256, and a server may take SHA-512
 * alone without saying so before.
 */
export interface Again<Key> {
  readonly key?: Key | undefined;
  readonly agent?: object | undefined;
}

/** The agent's socket that `connection` uses, if it has neither key nor password. */
export function agentSocketOf(connection: Connection): string | undefined {
  const { privateKey, privateKeyPath, password } = connection;
  if ([privateKey, privateKeyPath, password].some((one) => one !== undefined)) return undefined;
  return connection.agentSocketPath ?? process.env["SSH_AUTH_SOCK"];
}

/** What a login is made with. */
export interface LoginMeans<Key> {
  readonly key: Key | undefined;
  /** @default nothing is signed twice */
  readonly again?: Again<Key>;
  /** Called when the server asks for something that is not there: to answer anyway would count as a failure. */
  readonly endLogin: () => void;
}

/**
 * Key, else password, else agent: one of them, and no request without need, because each costs a round trip and counts
 * against the server's limit. A password is typed into a dialogue where the server knows passwords only so; it follows
 * a key where the server wants both.
 */
export function loginWith<Key>(
  connection: Connection,
  { key, again = {}, endLogin }: LoginMeans<Key>,
): Login<Key> {
  const { user: username, password } = connection;
  const dialogue = passwordDialogue(username, password ?? "");
  const agent = agentSocketOf(connection);
  const tried: LoginRequest<Key>["type"][] = [];
  let offers: readonly string[] = [];
  let accepted: readonly string[] = [];

  const first = (): LoginRequest<Key> | false => {
    if (key !== undefined) return { type: "publickey", username, key };
    if (password !== undefined) return { type: "password", username, password };
    return agent === undefined ? false : { type: "agent", username, agent };
  };
  const second = (): LoginRequest<Key> | false => {
    if (tried.length !== 1) return false;
    if (tried[0] === "publickey" && again.key !== undefined)
      return { type: "publickey", username, key: again.key };
    // After the last key of an agent the library does not tell what the server would still take.
    return tried[0] === "agent" && again.agent !== undefined
      ? { type: "agent", username, agent: again.agent }
      : false;
  };
  const withPassword = (password: string): LoginRequest<Key> | false => {
    if (offers.includes("password") && !tried.includes("password"))
      return { type: "password", username, password };
    // Where both are offered they check the same password, and it was wrong.
    const asks = offers.includes("keyboard-interactive") && !offers.includes("password");
    return asks && !tried.includes("keyboard-interactive")
      ? {
          type: "keyboard-interactive",
          username,
          prompt: (...question) => answer(question, dialogue, endLogin),
        }
      : false;
  };
  return {
    next: (offered, partialSuccess) => {
      offers = offered ?? [];
      const before = tried.at(-1);
      if (partialSuccess === true && before !== undefined) accepted = [...accepted, NAMES[before]];
      let request: LoginRequest<Key> | false = false;
      if (tried.length === 0) request = first();
      else if (partialSuccess !== true) request = second();
      const mayAsk = tried.includes("password") || partialSuccess === true;
      if (request === false && password !== undefined && mayAsk) request = withPassword(password);
      if (request !== false) tried.push(request.type);
      return request;
    },
    tell: (text) => dialogue.tell(text),
    failure: (banner, detail) => {
      const unanswered = dialogue.unanswered();
      if (unanswered !== undefined) return unanswered;
      const refused = [...new Set(tried.map((type) => NAMES[type]))].filter(
        (name) => !accepted.includes(name),
      );
      if (refused.length === 0 && accepted.length > 0)
        return loginMessages["more-wanted"]({ accepted, user: username, offered: offers });
      return loginMessages["credentials-refused"]({
        tried: refused,
        user: username,
        offered: offers,
        said: dialogue.told() === "" ? banner : dialogue.told(),
        detail,
      });
    },
  };
}

const NAMES: Readonly<Record<LoginRequest<unknown>["type"], string>> = {
  publickey: "the private key",
  password: "the password",
  agent: "any key of the agent",
  "keyboard-interactive": "the password",
};

/** The arguments are those of RFC 4256: name, instructions, language, prompts; then the callback of the library. */
function answer(question: readonly unknown[], dialogue: Dialogue, endLogin: () => void): void {
  const [, instructions, , prompts, finish] = question as [
    string,
    string,
    string,
    readonly Prompt[],
    (answers: readonly string[]) => void,
  ];
  const answers = dialogue.answer(instructions, prompts);
  if (dialogue.unanswered() === undefined) finish(answers);
  else endLogin();
}
