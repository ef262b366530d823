import { finished } from "node:stream/promises";

import type { Client, ClientChannel } from "ssh2";

import type { Message } from "../../message.ts";
import { trafficMessages } from "../messages.ts";
import { type ProcessEnd, type RunningProcess, whenLeft } from "../running-process.ts";
import { EXEC_LINE } from "../shell/shell-text.ts";
import { codeOfSignal } from "../signal-number.ts";
import { largestPacketOf, SMALLEST_PACKET } from "./packet-size.ts";
import { BrokenSessionError, ChannelRefusedError, type Session } from "./session.ts";
import type { Traffic } from "./traffic.ts";
import { TunnelLostError } from "./tunnel.ts";
import { tunnelsOf } from "./tunnels.ts";
import type { Wire } from "./wire.ts";

/** How long a server may take to close a connection that we have ended. */
const GOODBYE_MS = 2000;

/** The session of a client that is logged in. @param target for messages */
export function clientSession(client: Client, wire: Wire, traffic: Traffic, target: string): Session {
  let open = true;
  let running = 0;
  const end = async (): Promise<void> => {
    open = false;
    if (wire.closed) return;
    const closed = new Promise<void>((resolve) => wire.once("close", () => resolve()));
    wire.ref();
    client.end();
    const timer = setTimeout(() => wire.destroy(), GOODBYE_MS);
    await closed;
    clearTimeout(timer);
  };
  let failure: Message | undefined;
  const reason = (): Message | undefined => traffic.exceeded() ?? failure;
  client
    .on("close", () => (open = false))
    // What the server said as it left, or what of its packets could not be read; the library ends the connection after it.
    .on("error", (error) => {
      if (error instanceof TunnelLostError) failure ??= error.problem;
      if ("level" in error && error.level === "client-socket") return;
      failure ??= trafficMessages["connection-ended"]({ detail: error.message });
    });
  wire.on("end", () => (open = false)).on("error", () => (open = false));
  const counted = (process: RunningProcess): RunningProcess => {
    running++;
    return whenLeft(process, (how) => {
      running--;
      if (how === "abandoned") open = false;
      if (!open && running === 0) void end();
    });
  };
  const about: About = {
    openAnswer: traffic.openAnswer,
    lost: () =>
      open ? { kind: "lost", by: "server" } : { kind: "lost", by: "connection", reason: reason() },
  };
  const broken = (bytes: number): BrokenSessionError => {
    wire.destroy();
    return new BrokenSessionError(trafficMessages["packets-too-small"]({ bytes }));
  };
  return {
    get open() {
      return open;
    },
    start: async () =>
      await new Promise((resolve, reject) => {
        client.exec(EXEC_LINE, (error, channel) => {
          if (error !== undefined) reject("reason" in error ? new ChannelRefusedError(error.message) : error);
          // Events of the channel can follow within the same packet: listen before anything is awaited.
          else if (largestPacketOf(channel) >= SMALLEST_PACKET) resolve(counted(processOn(channel, about)));
          else reject(broken(largestPacketOf(channel)));
        });
      }),
    forward: tunnelsOf(client, traffic, { target, broken, failure: reason }),
    failure: reason,
    received: traffic.total,
    setActivity: (activity) => {
      if (activity === "idle") wire.unref();
      else wire.ref();
    },
    end,
  };
}

/** The connection of a process. */
interface About extends Pick<Traffic, "openAnswer"> {
  /** What has ended where a channel ends without a status: the connection, or by the server the channel alone. */
  readonly lost: () => ProcessEnd;
}

function processOn(channel: ClientChannel, { openAnswer, lost }: About): RunningProcess {
  const answering = openAnswer();
  let end: ProcessEnd | undefined;
  channel.on("exit", (code: number | null, signal?: string) => {
    end = { kind: "exited", code: code ?? codeOfSignal(signal ?? "") };
  });
  // A server may send more behind the end of a stream, and close a channel that we are writing to. `ended` tells of both.
  channel.on("error", () => {});
  channel.stderr.on("error", () => {});
  // The library waits for the end of stdout with "close", but not for the end of stderr.
  const closed = new Promise<void>((resolve) => channel.once("close", resolve));
  const read = finished(channel.stderr, { writable: false }).catch(() => {});
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    received: (bytes) => answering.received(bytes),
    ended: Promise.all([closed, read]).then(() => end ?? lost()),
    abandon: () => {
      answering.abandoned();
      // The command notices when it next reads or writes. (OpenSSH would pass a signal on, but not to commands of root.)
      channel.close();
    },
  };
}
