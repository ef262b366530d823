import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Debian packages that the fake hosts are made of or that judge what we write, and a program of each by which its absence is seen. */
export const PACKAGES = {
  "openssh-server": "/usr/sbin/sshd",
  "openssh-client": "/usr/bin/ssh-keygen",
  sudo: "/usr/bin/sudo",
  "perl-base": "/usr/bin/perl",
  procps: "/usr/bin/pgrep",
  systemd: "/lib/systemd/systemd",
  zsh: "/usr/bin/zsh",
  fish: "/usr/bin/fish",
  csh: "/usr/bin/bsd-csh",
  tcsh: "/usr/bin/tcsh",
  "putty-tools": "/usr/bin/puttygen",
} as const;

/**
 * vitest's globalSetup for tests that need a host: a real OpenSSH server in a mount namespace. What is missing is said with
 * the command that installs it; in CI it is installed. Nothing is ever skipped.
 */
export const setup = (): void => {
  if (process.getuid?.() !== 0) {
    throw new Error(
      "the tests make hosts of their own in mount namespaces, which needs root: run `sudo npm test`, or in a container",
    );
  }
  const missing = Object.entries(PACKAGES).flatMap(([name, program]) => (existsSync(program) ? [] : [name]));
  if (missing.length === 0) return;
  const command = `apt-get update && apt-get install -y ${missing.join(" ")}`;
  if (process.env["CI"] !== "true")
    throw new Error(`the tests need ${missing.join(", ")}; install with: ${command}`);
  execFileSync("sh", ["-c", command], {
    stdio: "inherit",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
};
