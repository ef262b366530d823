import { setTimeout as sleep } from "node:timers/promises";

import type { Bound } from "../../bound.ts";
import { AuthenticationError, ConnectionLostError } from "../../errors.ts";
import { deferred, type Deferred } from "../deferred.ts";
import type { Endpoint } from "../endpoint.ts";
import { hostTrustOf } from "../host-key/host-trust.ts";
import { limitedBy } from "../limit.ts";
import { loginMessages } from "../messages.ts";
import type { StartRequest } from "../process-executor.ts";
import { type RunningProcess, whenLeft } from "../running-process.ts";
import { type Channels, channelsOf, hasRoom, willHaveRoom } from "./channels.ts";
import { dial } from "./dial.ts";
import { openSession } from "./open-session.ts";
import { BrokenSessionError, ChannelRefusedError } from "./session.ts";
import { SharedDial } from "./shared-dial.ts";
import type { WireSource } from "./wire.ts";

/** How long a session that has ended here may count over there, and how often to ask again meanwhile. */
const SETTLE_MS = 1000;
const ASK_AGAIN_MS = 50;

interface Waiter extends Deferred<Channels> {
  readonly kind: StartRequest["kind"];
}

/**
 * The way to one host as one user: dialled when first needed, again after it broke, and closed when idle. It is one connection,
 * unless the server allows so few sessions that what is held, such as a lock, leaves none for commands: then there is another.
 */
export class PooledConnection {
  readonly #endpoint: Endpoint;
  readonly #target: string;
  readonly #via: WireSource | undefined;
  readonly #idleMs: number;
  readonly #waiting: Waiter[] = [];
  #open: Channels[] = [];
  /** Waited for by who wants a connection, or a place on one. */
  readonly #dialling: SharedDial;

  /** @param via the jump host in front of the host. */
  constructor(endpoint: Endpoint, via: WireSource | undefined, idleMs: number) {
    this.#endpoint = endpoint;
    this.#target = endpoint.target;
    this.#via = via;
    this.#idleMs = idleMs;
    this.#dialling = new SharedDial(
      (signal) => this.#dial(signal),
      () => queueMicrotask(() => this.#serve()),
    );
  }

  /** Waits until there is a connection. The time that takes is limited by the settings of the connection, and by `bound`. */
  async connect(bound: Bound): Promise<void> {
    if (this.#usable().length > 0) return;
    const limit = limitedBy(bound);
    try {
      await this.#dialling.waitFor(this.#dialling.begin(), limit.signal);
    } finally {
      limit.lift();
    }
  }

  /** Starts `sh` where there is room for it; `signal` ends the wait. */
  async start({ what, kind, signal }: StartRequest): Promise<RunningProcess> {
    for (;;) {
      const channels = await this.#place(kind, signal);
      try {
        const process = await this.#startOn(channels, what, signal);
        channels.served = true;
        return whenLeft(process, () => {
          channels.lastEnd = performance.now();
          this.#leave(channels, kind);
        });
      } catch (error) {
        const refused = error instanceof ChannelRefusedError;
        const next = refused ? this.#afterRefusal(channels) : undefined;
        this.#leave(channels, kind);
        if (!refused) throw error;
        await next?.();
      }
    }
  }

  /** Breaks off what is under way. A later command connects again. */
  async close(): Promise<void> {
    const closed = new Error(`the connection to ${this.#target} was closed`);
    this.#dialling.abort(closed);
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closed);
    const open = this.#open;
    this.#open = [];
    for (const { idle } of open) clearTimeout(idle);
    await Promise.all(open.map(({ session }) => session.end()));
  }

  /** What a refused channel teaches: what to do before the next attempt. @throws AuthenticationError when none is of use */
  #afterRefusal(channels: Channels): (() => Promise<unknown>) | undefined {
    const others = channels.running - 1;
    // What has just ended here may count over there for a moment.
    if (performance.now() - channels.lastEnd < SETTLE_MS) return () => sleep(ASK_AGAIN_MS);
    if (others > 0) {
      // The server allows fewer than we thought: as many as it runs now.
      channels.limit = others;
      return undefined;
    }
    if (!channels.served)
      return () => Promise.reject(new AuthenticationError(this.#target, loginMessages["no-session"]()));
    // Something that was given up may count over there; a new connection starts from nothing.
    return () => this.#retire(channels);
  }

  async #startOn({ session, idle }: Channels, what: string, signal: AbortSignal): Promise<RunningProcess> {
    const seconds = this.#endpoint.connection.perDialTimeout;
    const silence = new Error(`no answer within ${seconds} s`);
    const limit = limitedBy({ signal }, { ms: seconds * 1000, error: () => silence });
    clearTimeout(idle);
    session.setActivity("busy");
    const starting = session.start();
    try {
      return await Promise.race([starting, limit.reached]);
    } catch (error) {
      if (error instanceof ChannelRefusedError) throw error;
      const broken = error instanceof BrokenSessionError;
      if (session.open && !broken && !limit.signal.aborted) {
        throw new AuthenticationError(this.#target, loginMessages["no-commands"](), { cause: error });
      }
      starting.then((late) => late.abandon()).catch(() => {});
      if (signal.aborted) throw error;
      // Whether it is the connection or the host that does not answer: nothing more starts here.
      void session.end();
      const state = error === silence ? "unanswered" : "not-begun";
      const reason = broken ? error.problem : session.failure();
      throw new ConnectionLostError(this.#target, what, { cause: error, state, reason });
    } finally {
      limit.lift();
    }
  }

  #usable(): readonly Channels[] {
    this.#open = this.#open.filter(({ session }) => session.open);
    return this.#open;
  }

  /** A place is taken from here on; they are given in the order in which they are asked for. */
  async #place(kind: StartRequest["kind"], signal: AbortSignal): Promise<Channels> {
    signal.throwIfAborted();
    const waiter: Waiter = { ...deferred<Channels>(), kind };
    this.#waiting.push(waiter);
    this.#serve();
    try {
      return await this.#dialling.waitFor(waiter.promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(waiter);
      if (at !== -1) this.#waiting.splice(at, 1);
      // It was given a place at the very moment when it left.
      else waiter.promise.then((channels) => this.#leave(channels, kind)).catch(() => {});
      throw error;
    }
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const usable = this.#usable();
      const channels = usable.find(hasRoom);
      if (channels) {
        this.#waiting.shift();
        channels.running++;
        if (next.kind === "held") channels.held++;
        next.resolve(channels);
      } else {
        if (this.#dialling.isRunning || usable.some(willHaveRoom)) return;
        this.#dialling.begin().catch((error: unknown) => {
          for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
        });
        return;
      }
    }
  }

  async #dial(signal: AbortSignal): Promise<void> {
    const session = await dial(
      this.#endpoint.connection.dialErrorLimit,
      async () => {
        const trust = await hostTrustOf(this.#endpoint);
        return await openSession(this.#endpoint, { trust, via: this.#via, signal });
      },
      signal,
    );
    if (signal.aborted) await session.end();
    signal.throwIfAborted();
    this.#open.push(channelsOf(session));
  }

  #leave(channels: Channels, kind: StartRequest["kind"]): void {
    channels.running--;
    if (kind === "held") channels.held--;
    if (channels.running === 0) this.#rest(channels);
    this.#serve();
  }

  /** An idle connection does not keep the process alive, and ends after a while. */
  #rest(channels: Channels): void {
    channels.session.setActivity("idle");
    clearTimeout(channels.idle);
    const endIfIdle = (): void => {
      if (channels.running === 0) void this.#retire(channels);
    };
    channels.idle = setTimeout(endIfIdle, this.#idleMs).unref();
  }

  async #retire(channels: Channels): Promise<void> {
    this.#open = this.#open.filter((one) => one !== channels);
    clearTimeout(channels.idle);
    await channels.session.end();
  }
}
