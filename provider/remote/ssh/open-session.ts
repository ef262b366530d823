import { connect as connectSocket, type Socket } from "node:net";
import { finished } from "node:stream/promises";

import type ssh2 from "ssh2";
import type { Client, ClientChannel, ParsedKey, ServerHostKeyAlgorithm } from "ssh2";

import { AuthenticationError, HostKeyError } from "../../errors.ts";
import type { Connection } from "../../schema/connection.ts";
import { fingerprint, presentedKey } from "../host-key/host-key.ts";
import type { HostTrust } from "../host-key/host-trust.ts";
import { createKeyReader } from "../key/private-key.ts";
import { limitedBy } from "../limit.ts";
import { type ProcessEnd, type RunningProcess, whenLeft } from "../running-process.ts";
import { EXEC_LINE } from "../shell/shell-text.ts";
import { codeOfSignal } from "../signal-number.ts";
import { explainClose, explainFailure, explainTimeout, type Phase } from "./failure.ts";
import { type Again, agentSocketOf, loginWith } from "./login.ts";
import { agentWithSha512, withSha512 } from "./rsa-sha-512.ts";
import { ChannelRefusedError, type Session } from "./session.ts";

/** The kernel asks a silent host after this long, and gives it up ten seconds later. No timer of ours runs for it. */
const KEEPALIVE_MS = 15_000;
/** How long a server may take to close a connection that we have ended. */
const GOODBYE_MS = 2000;

/** Best first; an RSA key signs with SHA-2 only. */
const HOST_KEY_ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

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
  if (key === undefined && connection.password === undefined && agentSocketOf(connection) === undefined) {
    throw new AuthenticationError(
      target,
      "connection has no privateKey and no password, and no SSH agent runs here",
    );
  }
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
  const agent = agentSocketOf(connection);
  const again = {
    key: key && withSha512(key),
    agent: agent === undefined ? undefined : agentWithSha512(library, agent),
  };
  await logIn(client, socket, { connection, target, trust, key, again, signal });
  return sessionOn(client, socket);
}

interface Attempt {
  readonly connection: Connection;
  readonly target: string;
  readonly trust: HostTrust;
  readonly key: ParsedKey | undefined;
  readonly again: Again<ParsedKey>;
  readonly signal: AbortSignal;
}

async function logIn(client: Client, socket: Socket, attempt: Attempt): Promise<void> {
  const { connection, target, trust, signal } = attempt;
  const login = loginWith(connection, attempt.key, attempt.again);
  let phase: Phase = "connecting";
  let agentFailed = false;
  let banner = "";
  let wrongKey: HostKeyError | undefined;
  const failure = (error: Error): Error => {
    const loginFailure = agentFailed
      ? `the agent at ${agentSocketOf(connection)} does not answer`
      : login.failure();
    return wrongKey ?? explainFailure(error, { target, phase, loginFailure, banner });
  };
  const ready = new Promise<void>((resolve, reject) => {
    client
      .on("connect", () => (phase = "handshake"))
      .on("handshake", () => (phase = "login"))
      .on("ready", resolve)
      .on("banner", (text) => (banner = text))
      // Several errors can come, and go on coming when the session is open: the first one counts, none may be unheard.
      .on("error", (error) => {
        // A deaf agent is reported first, and then that no way to log in is left.
        if ("level" in error && error.level === "agent") agentFailed = true;
        else reject(failure(error));
      })
      .on("close", () => reject(wrongKey ?? explainClose({ target, phase, banner })));
  });
  const limit = limitedBy(
    { signal },
    {
      ms: connection.perDialTimeout * 1000,
      error: () => explainTimeout({ target, phase }, connection.perDialTimeout, agentSocketOf(connection)),
    },
  );
  try {
    client.connect({
      sock: socket,
      username: connection.user,
      readyTimeout: 0,
      // The ciphers are the library's own: AES-GCM first, which is native code in Node.
      algorithms: { serverHostKey: hostKeyAlgorithms(trust) },
      hostVerifier: (bytes: Buffer): boolean => {
        const presented = presentedKey(bytes);
        const reason = trust.refusal(presented);
        if (reason !== undefined) wrongKey = new HostKeyError(target, fingerprint(presented), reason);
        return reason === undefined;
      },
      // The types do not know that false is the answer for "nothing left to try".
      authHandler: (offered, partial, next) => next(login.next(offered, partial) as never),
    });
    await Promise.race([ready, limit.reached]);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    limit.lift();
  }
}

/** The expected types first; the others too, so that a host with another key is refused by name and not by silence. */
function hostKeyAlgorithms(trust: HostTrust): ServerHostKeyAlgorithm[] {
  return [...new Set([...trust.expectedTypes, ...Object.keys(HOST_KEY_ALGORITHMS)])].flatMap(
    (type) => HOST_KEY_ALGORITHMS[type] ?? [],
  );
}

function sessionOn(client: Client, socket: Socket): Session {
  let open = true;
  let running = 0;
  const end = async (): Promise<void> => {
    open = false;
    if (socket.closed) return;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.ref();
    client.end();
    const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
    await closed;
    clearTimeout(timer);
  };
  client.on("close", () => (open = false));
  socket.on("end", () => (open = false)).on("error", () => (open = false));
  const counted = (process: RunningProcess): RunningProcess => {
    running++;
    return whenLeft(process, (how) => {
      running--;
      if (how === "abandoned") open = false;
      if (!open && running === 0) void end();
    });
  };
  return {
    get open() {
      return open;
    },
    start: async () =>
      await new Promise((resolve, reject) => {
        client.exec(EXEC_LINE, (error, channel) => {
          // Events of the channel can follow within the same packet: listen before anything is awaited.
          if (error === undefined) resolve(counted(processOn(channel)));
          else if ("reason" in error) reject(new ChannelRefusedError(error.message));
          else reject(error);
        });
      }),
    setActivity: (activity) => {
      if (activity === "idle") socket.unref();
      else socket.ref();
    },
    end,
  };
}

function processOn(channel: ClientChannel): RunningProcess {
  let end: ProcessEnd = { kind: "lost" };
  channel.on("exit", (code: number | null, signal?: string) => {
    end = { kind: "exited", code: code ?? codeOfSignal(signal ?? "") };
  });
  // The library waits for the end of stdout with "close", but not for the end of stderr.
  const closed = new Promise<void>((resolve) => channel.once("close", resolve));
  const read = finished(channel.stderr, { writable: false }).catch(() => {});
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    ended: Promise.all([closed, read]).then(() => end),
    // The command notices when it next reads or writes. (OpenSSH would pass a signal on, but not to commands of root.)
    abandon: () => channel.close(),
  };
}
