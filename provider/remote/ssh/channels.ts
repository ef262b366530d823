import type { Session } from "./session.ts";

/** OpenSSH allows ten sessions on one connection unless told otherwise (MaxSessions). */
const CHANNELS = 8;

/** One connection, and what runs on it. */
export interface Channels {
  readonly session: Session;
  /** As many as the server runs at once, as far as is known. */
  limit: number;
  running: number;
  /** As many of these as go on while others come and go: nobody need wait for their end. */
  held: number;
  /** When the last of them ended, by `performance.now()`. */
  lastEnd: number;
  /** Whether the server has ever started something on it. */
  served: boolean;
  idle: NodeJS.Timeout | undefined;
}

export const channelsOf = (session: Session): Channels => ({
  session,
  limit: CHANNELS,
  running: 0,
  held: 0,
  lastEnd: Number.NEGATIVE_INFINITY,
  served: false,
  idle: undefined,
});

export const hasRoom = ({ session, running, limit }: Channels): boolean => session.open && running < limit;

/** Whether a place comes free by itself. */
export const willHaveRoom = ({ session, running, held }: Channels): boolean => session.open && running > held;
