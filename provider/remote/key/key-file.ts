import { constants, open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { ConnectionSettingsError } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";

/** No private key is longer. */
const LONGEST_BYTES = 1024 * 1024;

/** The text of the file at `privateKeyPath`, as it is now; undefined: the connection has none. It is kept nowhere. */
export async function readKeyFile(endpoint: Endpoint): Promise<string | undefined> {
  const { privateKeyPath } = endpoint.connection;
  if (privateKeyPath === undefined) return undefined;
  const wrong = (reason: string): ConnectionSettingsError =>
    new ConnectionSettingsError(endpoint, "privateKeyPath", `${reason} ${privateKeyPath}`);
  const path = privateKeyPath.startsWith("~/") ? join(homedir(), privateKeyPath.slice(2)) : privateKeyPath;
  try {
    // Without O_NONBLOCK, opening a pipe waits for whoever writes to it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw wrong("is not a regular file:");
      if (found.size > LONGEST_BYTES) throw wrong("is too large for a private key:");
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ConnectionSettingsError) throw error;
    throw wrong(
      `cannot be read: ${error instanceof Error && "code" in error ? String(error.code) : "unreadable"}`,
    );
  }
}
