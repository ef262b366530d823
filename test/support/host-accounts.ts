import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** An account of a test host. */
export interface HostAccount {
  readonly name: string;
  /** @default none: only keys log in */
  readonly password?: string;
  /** Login shell. @default "/bin/sh" */
  readonly shell?: string;
  /** What has run out, as PAM sees it. @default nothing */
  readonly expired?: "account" | "password";
  /** Files of the home directory by their paths in it, e.g. { ".bashrc": "echo Welcome\n" }. @default none */
  readonly home?: Readonly<Record<string, string>>;
}

/**
 * Writes passwd, shadow and home directories for a host of its own, and returns the sh lines that mount them. root is
 * always there, with an empty home and `sh`: the shell start-up files of the machine that runs the tests stay out.
 */
export function writeAccounts(directory: string, accounts: readonly HostAccount[]): string {
  const all = accounts.some((account) => account.name === "root")
    ? accounts
    : [{ name: "root" }, ...accounts];
  const names = new Set(all.map((account) => account.name));
  const passwd = kept("/etc/passwd", names);
  const shadow = kept("/etc/shadow", names);
  for (const [index, account] of all.entries()) {
    const id = account.name === "root" ? 0 : 20_000 + index;
    const home = join(directory, `home-${account.name}`);
    mkdirSync(home, { recursive: true });
    chownSync(home, id, id);
    for (const [path, text] of Object.entries(account.home ?? {})) {
      const folders = path.split("/").slice(0, -1);
      for (const [depth] of folders.entries()) {
        const folder = join(home, ...folders.slice(0, depth + 1));
        mkdirSync(folder, { recursive: true });
        chownSync(folder, id, id);
      }
      writeFileSync(join(home, path), text);
      chownSync(join(home, path), id, id);
    }
    passwd.push(`${account.name}:x:${id}:${id}::${home}:${account.shell ?? "/bin/sh"}`);
    shadow.push(`${account.name}:${hash(account.password)}:${aging(account)}`);
  }
  const files = { passwd: [...passwd, ""].join("\n"), shadow: [...shadow, ""].join("\n") };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text, { mode: name === "shadow" ? 0o600 : 0o644 });
  }
  return Object.keys(files)
    .map((name) => `mount --bind '${join(directory, name)}' /etc/${name}`)
    .join("\n");
}

function kept(path: string, names: ReadonlySet<string>): string[] {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.filter((line) => !names.has(line.split(":")[0] ?? ""));
}

/** The fields of shadow(5) behind the password: an account ends on a day; a password that was never changed must be. */
function aging({ expired }: HostAccount): string {
  return `${expired === "password" ? 0 : 20_000}:0:99999:7::${expired === "account" ? 1 : ""}:`;
}

/** "*" lets keys in and no password. */
function hash(password: string | undefined): string {
  if (password === undefined) return "*";
  return execFileSync("perl", ["-e", "print crypt(<STDIN>, q($6$salt$))"], {
    input: password,
    encoding: "utf8",
  });
}
