import type ssh2 from "ssh2";
import type { Client, ParsedKey, ServerHostKeyAlgorithm } from "ssh2";

import { AuthenticationError, HostKeyError, HostUnreachableError } from "../../errors.ts";
import { addressOf, type Endpoint } from "../endpoint.ts";
import { fingerprint, presentedKey } from "../host-key/host-key.ts";
import type { HostTrust } from "../host-key/host-trust.ts";
import { createKeyReader } from "../key/private-key.ts";
import { limitedBy } from "../limit.ts";
import { loginMessages, reachMessages } from "../messages.ts";
import { unsupportedKinds } from "./agent-kinds.ts";
import { clientSession } from "./client-session.ts";
import { agentSocketOf } from "./login.ts";
import { agentWithSha512, withSha512 } from "./rsa-sha-512.ts";
import type { Session } from "./session.ts";
import { boundTraffic } from "./traffic.ts";
import { watchLogin } from "./watch-login.ts";
import { directWire, type Wire, type WireSource } from "./wire.ts";

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

export interface SessionRequest {
  readonly trust: HostTrust;
  /** The jump host in front of the server. @default none: it is reached directly */
  readonly via: WireSource | undefined;
  readonly signal: AbortSignal;
}

/**
 * Connects and logs in, once, within `perDialTimeout` seconds, of which a jump host spends its own. Throws the errors of `errors.ts`.
 */
export async function openSession(endpoint: Endpoint, request: SessionRequest): Promise<Session> {
  const { connection, target } = endpoint;
  const { trust, via, signal } = request;
  // Only who talks SSH pays for loading it.
  const { default: library } = (await import("ssh2")) as unknown as { readonly default: Library };
  readKey ??= createKeyReader<ParsedKey>(library.utils.parseKey);
  const key = await readKey(endpoint, signal);
  const agent = agentSocketOf(connection);
  if (key === undefined && connection.password === undefined && agent === undefined)
    throw new AuthenticationError(target, loginMessages["no-credentials"]({ property: endpoint.property }));
  await via?.connect(signal);
  signal.throwIfAborted();
  const seconds = connection.perDialTimeout;
  let tooSlow = (): Error => tunnelTooSlow(endpoint, via?.target ?? "");
  const limit = limitedBy({ signal }, { ms: seconds * 1000, error: () => tooSlow() });
  let wire: Wire | undefined;
  try {
    wire = via ? await via.open(connection, target, limit) : directWire(connection);
    const client = new library.Client();
    const traffic = boundTraffic(client, wire);
    const again = {
      key: key && withSha512(key),
      agent: agent === undefined ? undefined : agentWithSha512(library, agent),
    };
    const login = watchLogin(client, wire, { connection, target, key, again, traffic });
    tooSlow = () => login.tooSlow(seconds);
    connectClient(client, wire, { endpoint, trust, login });
    await Promise.race([login.done, limit.reached]);
    return clientSession(client, wire, traffic, target);
  } catch (error) {
    wire?.destroy();
    throw await withAgentKinds(error, target, agent);
  } finally {
    limit.lift();
  }
}

function tunnelTooSlow({ connection, target }: Endpoint, jump: string): Error {
  const seconds = connection.perDialTimeout;
  const reason = reachMessages["jump-no-answer"]({ jump, address: addressOf(connection), seconds });
  return new HostUnreachableError(target, reason);
}

interface Attempt {
  readonly endpoint: Endpoint;
  readonly trust: HostTrust;
  readonly login: ReturnType<typeof watchLogin>;
}

function connectClient(client: Client, wire: Wire, attempt: Attempt): void {
  const { endpoint, trust, login } = attempt;
  const { connection, target } = endpoint;
  client.connect({
    sock: wire,
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
