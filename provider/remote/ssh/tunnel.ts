import { Duplex } from "node:stream";

import type { ClientChannel } from "ssh2";

import type { Message } from "../../message.ts";
import type { Answering } from "./traffic.ts";
import type { Wire } from "./wire.ts";

/** What a jump host is told of a tunnel through it. */
export interface TunnelKeeper {
  /** The tunnel keeps this process from ending, or does not any more. Tunnels begin busy. */
  readonly setActivity: (activity: "busy" | "idle") => void;
  readonly closed: () => void;
}

/** The connection to a jump host ended, and with it everything that went through it. */
export class TunnelLostError extends Error {
  readonly problem: Message;
  constructor(problem: Message) {
    super(problem.text);
    this.problem = problem;
  }
}

/**
 * A TCP connection that a jump host has made for us, as a stream of its own: unlike the library's channel it ends when it is destroyed,
 * also where the jump host does not answer any more.
 */
export class Tunnel extends Duplex implements Wire {
  readonly #channel: ClientChannel;
  readonly #keeper: TunnelKeeper;
  #activity: "busy" | "idle" = "busy";

  constructor(channel: ClientChannel, traffic: Pick<Answering, "received">, keeper: TunnelKeeper) {
    super();
    this.#channel = channel;
    this.#keeper = keeper;
    // Whoever uses the tunnel listens too; it can break before anybody does.
    this.on("error", () => {});
    channel
      .on("data", (piece: Buffer) => {
        traffic.received(piece.length);
        if (!this.destroyed && !this.push(piece)) channel.pause();
      })
      .on("end", () => this.push(null))
      // What it has sent before it closed is still to be read.
      .on("close", () => (this.readableEnded ? this.destroy() : this.once("end", () => this.destroy())))
      .on("error", () => {});
  }

  ref(): void {
    this.#setActivity("busy");
  }

  unref(): void {
    this.#setActivity("idle");
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(piece: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channel.write(piece, encoding, done);
  }

  override _final(done: () => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // Where the connection to the jump host has ended there is nothing to close.
    if (!(error instanceof TunnelLostError)) this.#channel.close();
    // What still comes is read and forgotten, so that the channel can end.
    this.#channel.resume();
    this.unref();
    this.#keeper.closed();
    done(error);
  }

  #setActivity(activity: "busy" | "idle"): void {
    if (this.#activity === activity) return;
    this.#activity = activity;
    this.#keeper.setActivity(activity);
  }
}
