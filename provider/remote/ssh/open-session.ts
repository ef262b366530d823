import { connect as connectSocket, type Socket } from "node:net";

import type ssh2 from "ssh2";
import type { Client, ParsedKey, ServerHostKeyAlgorithm } from "ssh2";

import { AuthenticationError, HostKeyError } from "../../errors.ts";
import type { Connection } from "../../schema/connection.ts";
import { fingerprint, presentedKey } from "../host-key/host-key.ts";
import type { HostTrust } from "../host-key/host-trust.ts";
import { createKeyReader } from "../key/private-key.ts";
import { limitedBy } from "../limit.ts";
import { loginMessages } from "../messages.ts";
import { unsupportedKinds } from "./agent-kinds.ts";
import { clientSession } from "./client-session.ts";
import { agentSocketOf } from "./login.ts";
import { agentWithSha512, withSha512 } from "./rsa-sha-512.ts";
import type { Session } from "./session.ts";
import { boundTraffic } from "./traffic.ts";
import { watchLogin } from "./watch-login.ts";

/** The kernel asks a silent host after this long, and gives it up ten seconds later. No timer of this package runs for it. */
const KEEPALIVE_MS = 15_000;

/** Best first; an RSA key signs with SHA-2 only. */
const HOST_KEY_ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/**
 * The library's own but one: with group exchange the server chooses a prime, and to check one of 4096 bits takes the only thread
 * eight seconds.
 */
const KEY_EXCHANGES: ssh2.KexAlgorithm[] = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group14-sha256",
  "diffie-hellman-group15-sha512",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group17-sha512",
  "diffie-hellman-group18-sha512",
];

type Library = typeof ssh2;

let readKey: ReturnType<typeof createKeyReader<ParsedKey>> | undefined;

/** Connects and logs in, once, within `perDialTimeout` seconds. Throws the errors of `errors.ts`. */
export async function openSession(
  connection: Connection,
  target: string,
  trust: HostTrust,
  signal: AbortSignal,
): Promise<Session> {
  // Only who talks SSH pays for loading it.
  const { default: library } = (await import("ssh2")) as unknown as { readonly default: Library };
  readKey ??= createKeyReader<ParsedKey>(library.utils.parseKey);
  const key = await readKey(connection, target, signal);
  const agent = agentSocketOf(connection);
  if (key === undefined && connection.password === undefined && agent === undefined)
    throw new AuthenticationError(target, loginMessages["no-credentials"]());
  signal.throwIfAborted();
  const socket = connectSocket({
    host: connection.host,
    port: connection.port,
    // Else each small packet of the handshake waits for the acknowledgement of the one before it, 40 ms at a time.
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_MS,
  });
  const client = new library.Client();
  const traffic = boundTraffic(client, socket);
  const again = {
    key: key && withSha512(key),
    agent: agent === undefined ? undefined : agentWithSha512(library, agent),
  };
  const login = watchLogin(client, socket, { connection, target, key, again, traffic });
  const limit = limitedBy(
    { signal },
    { ms: connection.perDialTimeout * 1000, error: () => login.tooSlow(connection.perDialTimeout) },
  );
  try {
    connectClient(client, socket, { connection, trust, target, login });
    await Promise.race([login.done, limit.reached]);
  } catch (error) {
    socket.destroy();
    throw await withAgentKinds(error, target, agent);
  } finally {
    limit.lift();
  }
  return clientSession(client, socket, traffic);
}

interface Attempt {
  readonly connection: Connection;
  readonly trust: HostTrust;
  readonly target: string;
  readonly login: ReturnType<typeof watchLogin>;
}

function connectClient(client: Client, socket: Socket, attempt: Attempt): void {
  const { connection, trust, target, login } = attempt;
  client.connect({
    sock: socket,
    username: connection.user,
    readyTimeout: 0,
    algorithms: {
      serverHostKey: hostKeyAlgorithms(trust),
      kex: KEY_EXCHANGES,
      // A compressed packet can become a thousand times as long here.
      compress: ["none"],
      // The ciphers are the library's own: AES-GCM first, which is native code in Node.
    },
    hostVerifier: (bytes: Buffer): boolean => {
      const presented = presentedKey(bytes);
      const reason = trust.refusal(presented);
      if (reason !== undefined) login.refuse(new HostKeyError(target, fingerprint(presented), reason));
      return reason === undefined;
    },
    // The types do not know that false is the answer for "nothing left to try".
    authHandler: (offered, partial, next) => next(login.next(offered, partial) as never),
  });
  login.connecting();
}

/** The expected types first; the others too, so that a host with another key is refused by name and not by silence. */
function hostKeyAlgorithms(trust: HostTrust): ServerHostKeyAlgorithm[] {
  return [...new Set([...trust.expectedTypes, ...Object.keys(HOST_KEY_ALGORITHMS)])].flatMap(
    (type) => HOST_KEY_ALGORITHMS[type] ?? [],
  );
}

/** A refused agent may hold what would let us in, in a kind that this client cannot use. */
async function withAgentKinds(error: unknown, target: string, agent: string | undefined): Promise<unknown> {
  const refused = error instanceof AuthenticationError ? error.problem : undefined;
  if (agent === undefined || refused?.code !== "credentials-refused") return error;
  const kinds = await unsupportedKinds(agent);
  return kinds.length === 0
    ? error
    : new AuthenticationError(
        target,
        loginMessages["agent-keys-unsupported"]({ refused: refused.text, kinds }),
        { cause: error },
      );
}
