import { spawn } from "node:child_process";

import type { FakeNode } from "../support/fake-node/start.ts";

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** One command through a real login with OpenSSH's own client. */
export function logIn(node: FakeNode, user: "root" | "ops", command: string, stdin = ""): Promise<Answer> {
  const options = [
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "BatchMode=yes",
  ];
  const client = spawn("ssh", [
    "-i",
    node.clientKeyPath,
    "-p",
    String(node.port),
    "-F",
    "none",
    ...options.flatMap((option) => ["-o", option]),
    `${user}@${node.host}`,
    command,
  ]);
  let stdout = "";
  let stderr = "";
  client.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  client.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  client.stdin.on("error", () => undefined); // it need not read what it is given
  client.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    client.once("error", reject);
    client.once("close", (code) => resolve({ stdout, stderr, code }));
  });
}
