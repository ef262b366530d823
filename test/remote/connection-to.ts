import { type Connection, type ConnectionArgs, connectionSchema } from "../../provider/schema/connection.ts";
import type { Sshd } from "../support/sshd.ts";

/** A connection as a user would declare it for this server: its key, its host key; `changes` replace fields of it. */
export function connectionTo(sshd: Sshd, changes: Partial<ConnectionArgs> = {}): Connection {
  return connectionSchema.parse({
    host: sshd.host,
    port: sshd.port,
    privateKey: sshd.clientKey,
    hostKey: sshd.hostKey,
    ...changes,
  });
}

/** The same without any credential or host key. */
export function bareConnectionTo(sshd: Sshd, changes: Partial<ConnectionArgs> = {}): Connection {
  return connectionSchema.parse({ host: sshd.host, port: sshd.port, ...changes });
}

/** The error `work` fails with; fails itself when it does not. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`not an Error: ${String(error)}`, { cause: error });
  }
  throw new Error("it should have failed");
}
