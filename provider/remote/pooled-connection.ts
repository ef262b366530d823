import { setTimeout as sleep } from "node:timers/promises";

import { AuthenticationError, ConnectionLostError } from "../errors.ts";
import type { Connection } from "../schema/connection.ts";
import { dial } from "./dial.ts";
import { hostTrustOf } from "./host-trust.ts";
import { limitedBy } from "./limit.ts";
import { quoteArgv } from "./quote.ts";
import { type RunningProcess, whenLeft } from "./running-process.ts";
import { ChannelRefusedError, type Session } from "./session.ts";
import { Slots } from "./slots.ts";
import { openSession } from "./ssh.ts";

/** OpenSSH allows ten sessions on one connection unless told otherwise (MaxSessions). */
const CHANNELS = 8;
/** How long a server may take to forget a session that has ended. */
const SETTLE_MS = 100;

/** One connection to one host as one user: dialled when first needed, again after it broke, and closed when idle. */
export class PooledConnection {
  readonly #connection: Connection;
  readonly #target: string;
  readonly #idleMs: number;
  readonly #slots = new Slots(CHANNELS);
  #closing = new AbortController();
  #session: Promise<Session> | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(connection: Connection, target: string, idleMs: number) {
    this.#connection = connection;
    this.#target = target;
    this.#idleMs = idleMs;
  }

  /** `signal` ends the wait for a connection and for a free channel. */
  async start(
    argv: readonly string[],
    what: string,
    signal: AbortSignal | undefined,
  ): Promise<RunningProcess> {
    const line = quoteArgv(argv);
    for (let refusals = 0; ;) {
      await this.#slots.take(signal);
      clearTimeout(this.#idle);
      try {
        const session = await unlessAborted(this.#connected(), signal);
        const process = await this.#startOn(session, line, what);
        return whenLeft(process, () => this.#leave());
      } catch (error) {
        const refused = error instanceof ChannelRefusedError;
        const others = this.#slots.taken - 1;
        if (refused && others > 0) {
          // The server allows fewer than we thought: as many as it runs now, and we wait until one of them ends.
          this.#slots.resize(others);
        } else if (refused && ++refusals === 1) {
          // One that has just ended here may count over there for a moment.
          await sleep(SETTLE_MS);
        } else if (refused && refusals === 2) {
          // Commands that were given up still count over there; a new connection starts from nothing.
          await this.#endSession();
        } else {
          this.#leave();
          throw refused
            ? new AuthenticationError(this.#target, "the server opens no session for commands")
            : error;
        }
        this.#leave();
      }
    }
  }

  /** Breaks off what is under way. A later command connects again. */
  async close(): Promise<void> {
    this.#closing.abort(new Error(`the connection to ${this.#target} was closed`));
    this.#closing = new AbortController();
    clearTimeout(this.#idle);
    await this.#endSession();
  }

  async #startOn(session: Session, line: string, what: string): Promise<RunningProcess> {
    const seconds = this.#connection.perDialTimeout;
    const silence = new Error(`no answer within ${seconds} s`);
    const limit = limitedBy(undefined, { ms: seconds * 1000, error: () => silence });
    session.setActivity("busy");
    const starting = session.start(line);
    try {
      return await Promise.race([starting, limit.reached]);
    } catch (error) {
      if (error instanceof ChannelRefusedError) throw error;
      if (session.open && error !== silence) {
        throw new AuthenticationError(this.#target, "the server does not run commands for this user", {
          cause: error,
        });
      }
      // Whether it is the connection or the host that does not answer: nothing more starts here.
      starting.then((late) => late.abandon()).catch(() => {});
      void session.end();
      throw new ConnectionLostError(this.#target, what, { cause: error });
    } finally {
      limit.lift();
    }
  }

  /** Whoever comes while a dial is under way shares it, and its failure; the next one after a failure dials again. */
  async #connected(): Promise<Session> {
    const current = (this.#session ??= this.#dial());
    let session: Session | undefined;
    try {
      session = await current;
      if (session.open) return session;
    } finally {
      if (session?.open !== true && this.#session === current) this.#session = undefined;
    }
    return await this.#connected();
  }

  async #dial(): Promise<Session> {
    const { signal } = this.#closing;
    this.#slots.resize(CHANNELS);
    const attempt = async (): Promise<Session> => {
      const trust = await hostTrustOf(this.#connection, this.#target);
      return await openSession(this.#connection, this.#target, trust, signal);
    };
    return await dial(this.#connection.dialErrorLimit, attempt, signal);
  }

  #leave(): void {
    this.#slots.give();
    if (this.#slots.taken === 0) void this.#rest();
  }

  /** An idle connection does not keep the process alive, and ends after a while. */
  async #rest(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    if (session === undefined || this.#slots.taken > 0) return;
    session.setActivity("idle");
    clearTimeout(this.#idle);
    const endIfIdle = (): void => {
      if (this.#slots.taken === 0) void this.#endSession();
    };
    this.#idle = setTimeout(endIfIdle, this.#idleMs).unref();
  }

  async #endSession(): Promise<void> {
    const current = this.#session;
    this.#session = undefined;
    const session = await current?.catch(() => undefined);
    await session?.end();
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const limit = limitedBy(signal);
  try {
    return await Promise.race([promise, limit.reached]);
  } finally {
    limit.lift();
  }
}
