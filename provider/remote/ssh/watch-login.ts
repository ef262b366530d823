import type { Client, ParsedKey } from "ssh2";

import { AuthenticationError, type HostKeyError, HostUnreachableError } from "../../errors.ts";
import type { Connection } from "../../schema/connection.ts";
import { deferred } from "../deferred.ts";
import { loginMessages, type Phase } from "../messages.ts";
import { explainClose, explainFailure, explainTimeout } from "./failure.ts";
import { type Again, agentSocketOf, type Login, loginWith } from "./login.ts";
import type { Traffic } from "./traffic.ts";
import type { Wire } from "./wire.ts";

/** Of what a server says to whoever logs in. */
const SAID_CHARACTERS = 2048;
/** Of what a server sends before it begins to speak SSH: sshd says there why it drops a connection. */
const GREETING_BYTES = 512;

/** One login under way: it knows how far it came, and ends with one error. */
export interface LoginWatch {
  /** Resolves when the server has let us in. */
  readonly done: Promise<void>;
  readonly next: Login<ParsedKey>["next"];
  /** To be called once the client has the wire. */
  connecting(): void;
  /** The host's key is not believed. */
  refuse(error: HostKeyError): void;
  /** The error for a login that took too long. */
  tooSlow(seconds: number): Error;
}

export function watchLogin(
  client: Client,
  wire: Wire,
  attempt: {
    readonly connection: Connection;
    readonly target: string;
    readonly key: ParsedKey | undefined;
    readonly again: Again<ParsedKey>;
    readonly traffic: Traffic;
  },
): LoginWatch {
  const { connection, target, key, again, traffic } = attempt;
  const agent = agentSocketOf(connection);
  const done = deferred<void>();
  let phase: Phase = "connecting";
  let greeting = "";
  let banner = "";
  let agentFailed = false;
  let wrongKey: HostKeyError | undefined;

  const failLogin = (): void => done.reject(new AuthenticationError(target, login.failure(banner, "")));
  const login = loginWith(connection, { key, again, endLogin: failLogin });
  const loginFailure = (detail: string) =>
    agentFailed && agent !== undefined
      ? loginMessages["agent-silent"]({ agent })
      : login.failure(banner, detail);

  client
    .on("connect", () => (phase = "handshake"))
    .on("handshake", () => (phase = "login"))
    .on("ready", () => done.resolve())
    // A broken packet has no text.
    .on("banner", (text: string | undefined) => (banner = text?.trim().slice(0, SAID_CHARACTERS) || banner))
    // The way of RFC 4252 to say that a password has run out; nobody is there to type another.
    .on("change password", (prompt: string | undefined) => {
      const expired = { user: connection.user, prompt: prompt ?? "" };
      done.reject(new AuthenticationError(target, loginMessages["password-expired"](expired)));
    })
    // Several errors can come, and go on coming when the session is open: the first one counts, none may be unheard.
    .on("error", (error) => {
      // A deaf agent is reported first, and then that no way to log in is left.
      if ("level" in error && error.level === "agent") agentFailed = true;
      else
        done.reject(
          wrongKey ??
            explainFailure(error, { target, phase, loginFailure, greeting: greeting.trim(), banner }),
        );
    })
    .on("close", () => {
      const exceeded = traffic.exceeded();
      done.reject(
        wrongKey ??
          (exceeded && new HostUnreachableError(target, exceeded, { again: "useless" })) ??
          explainClose({ target, phase, greeting: greeting.trim(), banner }),
      );
    });

  const read = (piece: Buffer): void => {
    const identification = identificationIn(piece);
    greeting += piece.subarray(0, identification ?? GREETING_BYTES).toString("utf8");
    if (identification !== undefined || greeting.length > GREETING_BYTES) wire.off("data", read);
  };
  return {
    done: done.promise,
    next: login.next,
    connecting: () => {
      // The client has stopped the wire and starts it when it can read: until then nothing is lost.
      wire.on("data", read);
      passOnTexts(client, login.tell);
    },
    refuse: (error) => (wrongKey = error),
    tooSlow: (seconds) => explainTimeout({ target, phase }, seconds, agent),
  };
}

/** Where the line begins with which a server begins to speak SSH: what follows is no text. */
function identificationIn(piece: Buffer): number | undefined {
  if (piece.subarray(0, 4).equals(IDENTIFICATION)) return 0;
  const at = piece.indexOf(LINE_AND_IDENTIFICATION);
  return at === -1 ? undefined : at;
}

const IDENTIFICATION = Buffer.from("SSH-");
const LINE_AND_IDENTIFICATION = Buffer.from("\nSSH-");

type InfoRequest = (
  protocol: unknown,
  name: string,
  instructions: string,
  prompts: readonly unknown[],
) => void;

/**
 * Texts of PAM that come without a question. The library answers those itself and has no event for them, so that its own handler
 * is wrapped; where a later release has none of this name, only the text is missing.
 */
function passOnTexts(client: Client, tell: (text: string) => void): void {
  const { _protocol: { _handlers: handlers } = {} } = client as unknown as {
    readonly _protocol?: { readonly _handlers?: { USERAUTH_INFO_REQUEST?: InfoRequest } };
  };
  const handle = handlers?.USERAUTH_INFO_REQUEST;
  if (handlers === undefined || handle === undefined) return;
  handlers.USERAUTH_INFO_REQUEST = (from, name, instructions, prompts) => {
    if (prompts.length === 0) tell(`${name} ${instructions}`);
    handle(from, name, instructions, prompts);
  };
}
