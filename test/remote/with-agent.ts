import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Runs `work` with the socket of a real ssh-agent that holds these private keys. */
export async function withAgent(
  keyPaths: readonly string[],
  work: (socket: string) => Promise<void>,
): Promise<void> {
  const directory = temporaryDirectory("agent");
  const socket = join(directory, "socket");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  try {
    while (!existsSync(socket)) await sleep(5);
    for (const path of keyPaths) {
      execFileSync("ssh-add", ["-q", path], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: "pipe",
      });
    }
    await work(socket);
  } finally {
    agent.kill();
  }
}
