import type { Client } from "ssh2";

import type { Message } from "../../message.ts";
import { trafficMessages } from "../messages.ts";
import type { Wire } from "./wire.ts";

const MIB = 1024 * 1024;

/** Banners and all: what a server may send until the login is done. */
export const LOGIN_LIMIT_BYTES = MIB;
/** What a server may send besides the answers of commands: goodbyes of commands that were given up, messages about itself. */
const UNASKED_BYTES = 4 * MIB;
/** What a packet has around what a command prints; and as much of that for one command: more than a hundred thousand packets. */
const PACKET_OVERHEAD = 128;
const OVERHEAD_LIMIT_BYTES = 16 * MIB;
/** A command prints no more: its answer is bounded, on each of two streams. */
const ANSWER_LIMIT_BYTES = 32 * MIB;
/** What is on its way when a command is given up: the window of its channel, and buffers. */
const ON_ITS_WAY_BYTES = 4 * MIB;
/** New keys cost us computing and the server a few kilobytes; RekeyLimit of sshd may make them frequent. */
const FREE_KEY_EXCHANGES = 16;
const BYTES_PER_KEY_EXCHANGE = 4096;

/** What a server sends on one connection, counted. */
export interface Traffic {
  /** Why the connection was ended, if it was because of this. */
  readonly exceeded: () => Message | undefined;
  /** Bytes so far. */
  readonly total: () => number;
  /** The account of one command. */
  readonly openAnswer: () => Answering;
  /** The account of one tunnel. What goes through it is bounded again by the session at its end. */
  readonly openTunnel: () => Pick<Answering, "received">;
}

/** What one command has been answered. */
export interface Answering {
  /** One piece of an answer. */
  received(bytes: number): void;
  /** What is on its way may still come. */
  abandoned(): void;
}

/**
 * Counts what a server sends, and ends the connection where it is more than commands have asked for: all hosts share one thread, and
 * a server must not keep it busy. To be called once the client has stopped the wire, which it does until it can read.
 */
export function boundTraffic(client: Client, wire: Wire): Traffic {
  let total = 0;
  let asked = LOGIN_LIMIT_BYTES;
  let state: "login" | "open" = "login";
  let exchanges = 0;
  let exceeded: Message | undefined;
  const end = (reason: Message): void => {
    exceeded ??= reason;
    wire.destroy();
  };
  wire.on("data", (piece: Buffer) => {
    total += piece.length;
    if (total <= asked) return;
    end(
      state === "login"
        ? trafficMessages["too-much-before-login"]({ mebibytes: LOGIN_LIMIT_BYTES / MIB })
        : trafficMessages["too-much-unasked"]({ mebibytes: UNASKED_BYTES / MIB }),
    );
  });
  client
    .on("handshake", () => {
      exchanges++;
      if (exchanges > FREE_KEY_EXCHANGES + total / BYTES_PER_KEY_EXCHANGE)
        end(trafficMessages["too-many-key-exchanges"]({ count: exchanges }));
    })
    .on("ready", () => {
      state = "open";
      asked += UNASKED_BYTES;
    });
  return {
    exceeded: () => exceeded,
    total: () => total,
    openTunnel: () => {
      let overhead = OVERHEAD_LIMIT_BYTES;
      return {
        received: (bytes) => {
          const around = Math.min(PACKET_OVERHEAD, overhead);
          // Pieces of an ordinary size pay for their own overhead.
          overhead += bytes - around;
          asked += bytes + around;
        },
      };
    },
    openAnswer: () => {
      let left = { answer: ANSWER_LIMIT_BYTES, overhead: OVERHEAD_LIMIT_BYTES };
      return {
        received: (bytes) => {
          const answer = Math.min(bytes, left.answer);
          const overhead = Math.min(PACKET_OVERHEAD, left.overhead);
          left = { answer: left.answer - answer, overhead: left.overhead - overhead };
          asked += answer + overhead;
        },
        abandoned: () => {
          left = { answer: 0, overhead: 0 };
          asked += ON_ITS_WAY_BYTES;
        },
      };
    },
  };
}
