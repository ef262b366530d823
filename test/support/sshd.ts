import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type HostAccount, writeAccounts } from "./host-accounts.ts";
import { runContained } from "./namespaces.ts";
import { descendantsOf, nameOf, signalIfAlive } from "./process-tree.ts";
import type { SshKey } from "./ssh-key.ts";
import { sharedKey } from "./ssh-key.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A real OpenSSH server on loopback, in mount and PID namespaces of its own. */
export interface Sshd {
  readonly host: string;
  readonly port: number;
  /** First host key in authorized_keys form: "ssh-ed25519 AAAA…". */
  readonly hostKey: string;
  /** Private key text that may log in as every account. */
  readonly clientKey: string;
  readonly clientKeyPath: string;
  /** The listening sshd, as this process sees it. */
  readonly pid: number;
  /** Everything sshd has written so far. */
  log(): string;
  /** Logins accepted and commands started since the last reset, as sshd's own log has them. */
  counts(): { readonly connections: number; readonly execs: number };
  resetCounts(): void;
  /** Sends a signal to the sshd processes of open connections: KILL breaks them, STOP makes them silent. The server goes on. */
  signalConnections(signal: NodeJS.Signals): void;
  /** Kills sshd and everything its sessions started. */
  stop(): Promise<void>;
}

export interface SshdOptions {
  /** @default "127.0.0.1" */
  readonly address?: string;
  /** @default a free one */
  readonly port?: number;
  /** Where keys, configuration and log go. @default a new temporary directory, removed at the end */
  readonly directory?: string;
  /**
   * sh fragment run as root in the private mount namespace before sshd: bind mounts and files that make this host.
   * It must leave `directory` readable. @default nothing
   */
  readonly namespaceSetup?: string;
  /** Who can log in besides root, and root's password. @default root, with keys only */
  readonly accounts?: readonly HostAccount[];
  /** Lines put before ours in sshd_config, and in the place of ours about the same. @default none */
  readonly config?: readonly string[];
  /** @default one ed25519 key shared by all servers of this process */
  readonly hostKeys?: readonly SshKey[];
  /** Public keys that may log in besides the client key. @default none */
  readonly authorizedKeys?: readonly string[];
}

const SSHD = "/usr/sbin/sshd";
const START_TIMEOUT_MS = 30_000;

/** Starts a server and resolves when its port answers. It dies with this process, whatever ends it. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  if (!existsSync(SSHD)) {
    throw new Error(`${SSHD} is missing; install it with: apt-get install -y openssh-server sudo`);
  }
  const address = options.address ?? "127.0.0.1";
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort(address));
    try {
      return await startOn(address, port, options);
    } catch (error) {
      // Another process can take a free port between our look and sshd's bind.
      const taken = error instanceof Error && error.message.includes("Address already in use");
      if (!taken || options.port !== undefined || attempt === 5) throw error;
    }
  }
}

async function startOn(address: string, port: number, options: SshdOptions): Promise<Sshd> {
  const directory = options.directory ?? temporaryDirectory("sshd");
  const hostKeys = options.hostKeys ?? [sharedKey("host")];
  const clientKey = sharedKey("client");
  const files = {
    log: join(directory, "sshd.log"),
    config: join(directory, "sshd_config"),
    authorizedKeys: join(directory, "authorized_keys"),
  };
  // sshd reads authorized_keys as the user who logs in.
  chmodSync(directory, 0o755);
  writeFileSync(
    files.authorizedKeys,
    [clientKey.publicKey, ...(options.authorizedKeys ?? []), ""].join("\n"),
  );
  writeFileSync(
    files.config,
    [
      ...(options.config ?? []),
      `ListenAddress ${address}:${port}`,
      ...hostKeys.map((key) => `HostKey ${key.path}`),
      `AuthorizedKeysFile ${files.authorizedKeys}`,
      ...CONFIGURATION.filter((line) => !sets(options.config ?? [], line)),
      "",
    ].join("\n"),
  );

  const accounts = writeAccounts(directory, options.accounts ?? []);
  // An empty /run: what a test puts there, such as nologin, must not shut the machine's own users out.
  const run = "mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd";
  const script = `${accounts}\n${run}\n${options.namespaceSetup ?? ""}\nexec ${SSHD} -D -e -f "$1"`;
  // A log file rather than a pipe: what sshd wrote before a command ran is there when the command's output is.
  const server = runContained(script, [files.config], files.log);
  const log = (): string => readFileSync(files.log, "utf8");
  const stop = async (): Promise<void> => {
    await server.stop();
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  };

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!log().includes("Server listening on") && !server.hasEnded() && Date.now() < deadline)
    await sleep(5);
  const pid = server.pid();
  if (pid === undefined || !log().includes("Server listening on")) {
    const text = log();
    await stop();
    throw new Error(`sshd on ${address}:${port} did not start:\n${text}`);
  }

  let countFrom = 0;
  return {
    host: address,
    port,
    hostKey: hostKeys[0]?.publicKey ?? "",
    clientKey: clientKey.privateKey,
    clientKeyPath: clientKey.path,
    pid,
    log,
    counts: () => countLines(log().slice(countFrom)),
    resetCounts: () => {
      countFrom = log().length;
    },
    signalConnections: (signal) => {
      for (const child of descendantsOf(pid)) if (nameOf(child) === "sshd") signalIfAlive(child, signal);
    },
    stop,
  };
}

const CONFIGURATION: readonly string[] = [
  "PidFile none",
  "LogLevel VERBOSE",
  "PermitRootLogin yes",
  "UsePAM no",
  "UseDNS no",
  "StrictModes no",
  "PrintMotd no",
  "PrintLastLog no",
  "MaxStartups 500",
  "LoginGraceTime 60",
];

/** Whether one of these lines sets what `line` does: of most, sshd takes the first value, but of MaxStartups the last. */
const sets = (lines: readonly string[], line: string): boolean =>
  lines.some((one) => one.split(" ")[0] === line.split(" ")[0]);

function countLines(log: string): { readonly connections: number; readonly execs: number } {
  const lines = log.split("\n");
  return {
    connections: lines.filter((line) => /^Accepted .* for /.test(line)).length,
    execs: lines.filter((line) => line.startsWith("Starting session: ")).length,
  };
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, resolve);
  });
  const bound = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (bound === null || typeof bound === "string") throw new Error(`no free port on ${address}`);
  return bound.port;
}
