import type { Client, ClientChannel } from "ssh2";

import type { Message } from "../../message.ts";
import { reachMessages } from "../messages.ts";
import { largestPacketOf, SMALLEST_PACKET } from "./packet-size.ts";
import { ForwardRefusedError, type Session } from "./session.ts";
import type { Traffic } from "./traffic.ts";
import { Tunnel, type TunnelKeeper, TunnelLostError } from "./tunnel.ts";

/** Who is said to connect: nobody can connect back. `ssh -J` says the same. */
const ORIGIN = { host: "127.0.0.1", port: 65_535 } as const;

export interface TunnelServer {
  /** For messages. */
  readonly target: string;
  /** Why the connection to it has ended, where that is known. */
  readonly failure: () => Message | undefined;
  /** Ends the connection to a server that accepts no packet of an ordinary size. */
  readonly broken: (bytes: number) => Error;
}

/** Opens tunnels through one server. They end with the connection to it, and say so. */
export function tunnelsOf(client: Client, traffic: Traffic, server: TunnelServer): Session["forward"] {
  const tunnels = new Set<Tunnel>();
  const lost = (): TunnelLostError => {
    const failure = server.failure();
    // Of several jump hosts, the one whose connection broke first is the cause.
    const isCause = failure?.code === "jump-connection-lost";
    const { target: jump } = server;
    return new TunnelLostError(
      isCause ? failure : reachMessages["jump-connection-lost"]({ jump, detail: failure?.text ?? "" }),
    );
  };
  const keep = (channel: ClientChannel, keeper: TunnelKeeper): Tunnel => {
    const closed = (): void => {
      tunnels.delete(tunnel);
      keeper.closed();
    };
    const tunnel: Tunnel = new Tunnel(channel, traffic.openTunnel(), { ...keeper, closed });
    tunnels.add(tunnel);
    return tunnel;
  };
  client.on("close", () => {
    for (const tunnel of tunnels) tunnel.destroy(lost());
  });
  return ({ host, port }, keeper) =>
    new Promise((resolve, reject) => {
      const opened = (error: Error | undefined, channel: ClientChannel): void => {
        if (error !== undefined) reject(refusal(error) ?? lost());
        else if (largestPacketOf(channel) < SMALLEST_PACKET) reject(server.broken(largestPacketOf(channel)));
        else resolve(keep(channel, keeper));
      };
      try {
        client.forwardOut(ORIGIN.host, ORIGIN.port, host, port, opened);
      } catch {
        // The library throws where the connection has ended.
        reject(lost());
      }
    });
}

/** undefined: no answer came. */
function refusal(error: Error & { readonly reason?: unknown }): ForwardRefusedError | undefined {
  if (typeof error.reason !== "number") return undefined;
  const description = error.message.replace(/^\(SSH\) Channel open failure: /, "");
  return new ForwardRefusedError(error.reason, description);
}
