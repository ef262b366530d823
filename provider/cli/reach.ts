import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import type { ConnectionArgs } from "../schema/connection.ts";
import type { DirectHostArgs } from "../schema/direct.ts";
import type { DirectHost } from "../standalone/host.ts";
import { openHost } from "../standalone/lazy.ts";
import { chooseHost, type HostChoice, type HostOptions } from "./host-options.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Variables that hold what must not stand on a command line. */
export const PASSWORD = "PULUMI_AMD_GPU_PASSWORD";
export const PASSPHRASE = "PULUMI_AMD_GPU_KEY_PASSPHRASE";

/** Keys that ssh tries by itself, in its order. */
const USUAL_KEYS = ["id_rsa", "id_ecdsa", "id_ed25519"];

/** The arguments of `openHost` that a command line stands for, with keys read and passwords asked for. @throws UsageError */
export async function hostArgs(
  host: string | undefined,
  options: HostOptions,
  terminal: Terminal,
): Promise<DirectHostArgs> {
  const unusedFile = join(tmpdir(), `pulumi-amd-gpu-${randomUUID()}`, "host.json");
  const choice = chooseHost(host, options, unusedFile);
  if (choice.kind !== "ssh") return choice.args;
  const { password, ...keys } = await credentials(choice, terminal);
  const connection = withKeys(choice.connection, keys);
  return { ...choice.args, connection: { ...connection, ...(password && { password }) } };
}

/** Runs `work` on the open host, and ends the connection in any case. */
export async function withHost<T>(
  host: string | undefined,
  options: HostOptions,
  terminal: Terminal,
  work: (host: DirectHost) => Promise<T>,
): Promise<T> {
  const args = await hostArgs(host, options, terminal);
  return disconnected(args, async () => {
    const open = await openHost(args);
    try {
      return await work(open);
    } finally {
      await open.close();
    }
  });
}

/** A connection that was made for an observation which failed would keep the process alive. */
export async function disconnected<T>(args: DirectHostArgs, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    if (args.connection) await (await import("../remote/pool.ts")).closeAll();
  }
}

/** Jump hosts take the keys too; a password is for one host alone. */
const withKeys = (
  { proxy, ...connection }: ConnectionArgs,
  keys: Partial<ConnectionArgs>,
): ConnectionArgs => ({
  ...connection,
  ...keys,
  ...(proxy && { proxy: withKeys(proxy, keys) }),
});

type Ssh = Extract<HostChoice, { readonly kind: "ssh" }>;

async function credentials(
  { connection, identity, password: wanted }: Ssh,
  terminal: Terminal,
): Promise<Partial<ConnectionArgs>> {
  const { env } = terminal;
  const privateKey = await keyFor(identity, connection, env);
  const password = wanted === "asked" ? await ask(terminal, connection) : env[PASSWORD];
  const agentSocketPath = connection.agentSocketPath ?? env["SSH_AUTH_SOCK"];
  return {
    ...(privateKey !== undefined && { privateKey }),
    ...(privateKey !== undefined && env[PASSPHRASE] && { privateKeyPassword: env[PASSPHRASE] }),
    ...(password && { password }),
    ...(privateKey === undefined && agentSocketPath && { agentSocketPath }),
  };
}

function ask(terminal: Terminal, { user = "root", host }: ConnectionArgs): Promise<string> {
  if (terminal.input === "none")
    throw new UsageError(`--ask-password needs a terminal; set ${PASSWORD} instead`);
  return terminal.askHidden(`password of ${user}@${host}: `);
}

/** Without one that is named, and without an agent, the first of those that ssh would try. */
async function keyFor(
  identity: string | undefined,
  { agentSocketPath }: ConnectionArgs,
  env: Terminal["env"],
): Promise<string | undefined> {
  if (identity !== undefined) {
    try {
      return await readFile(identity.replace(/^~(?=\/)/, homedir()), "utf8");
    } catch (error) {
      throw new UsageError(`cannot read the private key ${identity}: ${reasonOf(error)}`);
    }
  }
  if (agentSocketPath !== undefined || env["SSH_AUTH_SOCK"] || env[PASSWORD]) return undefined;
  for (const name of USUAL_KEYS) {
    try {
      return await readFile(join(homedir(), ".ssh", name), "utf8");
    } catch {
      // The next one.
    }
  }
  return undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
};

/** Of a file that cannot be read. */
export const reasonOf = (error: unknown): string => {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
};
