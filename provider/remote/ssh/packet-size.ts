import type { ClientChannel } from "ssh2";

/**
 * Every server takes packets of 32 kB (RFC 4253, section 6.1). The library writes a text in as many packets as it takes without
 * a pause, and for ever where none may hold anything.
 */
export const SMALLEST_PACKET = 1024;

/** What the server said as it opened the channel; the types of the library leave it out. */
export const largestPacketOf = (channel: ClientChannel): number =>
  (channel as unknown as { readonly outgoing: { readonly packetSize: number } }).outgoing.packetSize;
