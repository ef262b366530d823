import { spawn } from "node:child_process";
import type { AddressInfo } from "node:net";

import ssh2 from "ssh2";
import type { AuthContext, Connection as ServerSide, ServerChannel, ServerConfig, Session } from "ssh2";

import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool } from "../../provider/remote/pool.ts";
import { type ConnectionArgs, connectionSchema } from "../../provider/schema/connection.ts";
import { testKey } from "./test-key.ts";

const hostKey = testKey();
const clientKey = testKey();

/** Messages of the protocol as the library's server sends them; its types leave them out. */
interface Wire {
  channelEOF(id: number): void;
  channelClose(id: number): void;
  channelData(id: number, data: Buffer): void;
  channelExtData(id: number, data: Buffer, type: number): void;
  channelSuccess(id: number): void;
  channelFailure(id: number): void;
  exitStatus(id: number, code: number): void;
  disconnect(reason: number): void;
  ping(): void;
  channelOpenConfirm(theirs: number, ours: number, window: number, packetSize: number): void;
}

/** One connection, seen from the server. */
export interface Client {
  readonly side: ServerSide;
  readonly wire: Wire;
  /** A packet of these bytes, whatever they are. */
  send(payload: Buffer): void;
  /** Ends the connection without a word. */
  drop(): void;
}

/** What is odd about a server; everything else is as it should be. */
export interface Oddity {
  readonly config?: Partial<ServerConfig>;
  readonly connected?: ((client: Client) => void) | undefined;
  readonly login?: ((context: AuthContext, client: Client) => void) | undefined;
  /** @default a session that runs commands */
  readonly session?: (accept: () => Session, reject: () => void) => void;
  /** In the place of sh. `id` is the channel's number on the wire. @default `runSh` */
  readonly exec?: (channel: ServerChannel, id: number, client: Client) => void;
}

/** A server on loopback that does one thing as no server should. */
export interface ScriptedServer {
  executor(changes?: Partial<ConnectionArgs>): Executor;
  /** How often somebody has connected. */
  connections(): number;
  stop(): Promise<void>;
}

export async function startScripted(oddity: Oddity): Promise<ScriptedServer> {
  const clients = new Set<Client>();
  const pool = createSshPool();
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [hostKey.private], ...oddity.config }, (side) => {
    connections++;
    const client = clientOf(side);
    clients.add(client);
    side.on("error", () => {}).on("close", () => clients.delete(client));
    side.on("authentication", (context) => (oddity.login ? oddity.login(context, client) : context.accept()));
    side.on("session", (accept, reject) => {
      if (oddity.session) return oddity.session(accept, reject);
      accept().on("exec", (take) => {
        const channel = take();
        channel.on("error", () => {});
        (oddity.exec ?? runSh)(channel, idOf(channel), client);
      });
    });
    oddity.connected?.(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    executor: (changes = {}) =>
      pool.executor(
        connectionSchema.parse({
          host: "127.0.0.1",
          port,
          user: "ops",
          hostKey: hostKey.public,
          privateKey: clientKey.private,
          perDialTimeout: 2,
          dialErrorLimit: 1,
          ...changes,
        }),
      ),
    connections: () => connections,
    stop: async () => {
      await pool.closeAll();
      for (const client of clients) client.drop();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The real sh behind a channel. `last` is what the server does when sh has ended. */
export function runSh(
  channel: ServerChannel,
  _id?: number,
  _client?: Client,
  last = (code: number) => {
    channel.exit(code);
    channel.end();
  },
): void {
  const sh = spawn("sh", [], { stdio: "pipe" });
  sh.stdin.on("error", () => {});
  channel.stdin.pipe(sh.stdin);
  sh.stdout.on("data", (piece: Buffer) => channel.writable && channel.write(piece));
  sh.stderr.on("data", (piece: Buffer) => channel.writable && channel.stderr.write(piece));
  sh.on("close", (code) => {
    if (channel.writable) last(code ?? 1);
  });
  channel.on("close", () => sh.kill("SIGKILL"));
}

const idOf = (channel: ServerChannel): number =>
  (channel as unknown as { readonly outgoing: { readonly id: number } }).outgoing.id;

interface Inside {
  readonly _protocol: Wire & {
    readonly _packetRW: {
      readonly write: {
        alloc(length: number): Buffer;
        readonly allocStart: number;
        finalize(packet: Buffer): Buffer;
      };
    };
    readonly _cipher: { encrypt(packet: Buffer): void };
  };
  readonly _sock: { destroy(): void };
}

function clientOf(side: ServerSide): Client {
  const { _protocol: wire, _sock: socket } = side as unknown as Inside;
  return {
    side,
    wire,
    send: (payload) => {
      const { _packetRW: packets, _cipher: cipher } = wire;
      const { write } = packets;
      const packet = write.alloc(payload.length);
      payload.copy(packet, write.allocStart);
      cipher.encrypt(write.finalize(packet));
    },
    drop: () => socket.destroy(),
  };
}
