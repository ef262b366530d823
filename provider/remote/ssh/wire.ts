import { connect as connectSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { Connection } from "../../schema/connection.ts";
import type { Address } from "../endpoint.ts";
import type { Limit } from "../limit.ts";

/** What carries the bytes of an SSH connection: a socket, or a tunnel through a jump host. */
export interface Wire extends Duplex {
  /** It keeps this process from ending. */
  ref(): unknown;
  unref(): unknown;
}

/** A server that connects to other ones for us. */
export interface WireSource {
  /** For messages. */
  readonly target: string;
  /** To be awaited before wires are opened: logs in to the server. That has limits of its own. */
  connect(signal: AbortSignal): Promise<void>;
  /** @param target what is at `to`, for messages */
  open(to: Address, target: string, limit: Limit): Promise<Wire>;
}

/** The kernel asks a silent host after this long, and gives it up ten seconds later. No timer of this package runs for it. */
const KEEPALIVE_MS = 15_000;

/** A socket that begins to connect. */
export const directWire = ({ host, port }: Connection): Socket =>
  connectSocket({
    host,
    port,
    // Else each small packet of the handshake waits for the acknowledgement of the one before it, 40 ms at a time.
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_MS,
  });
