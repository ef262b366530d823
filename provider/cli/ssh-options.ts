import type { ConnectionArgs } from "../schema/connection.ts";
import { UsageError } from "./usage-error.ts";

type OfOptions = Partial<ConnectionArgs> & { readonly identity?: string };

const number = (name: string, text: string): number => {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`-o ${name} takes a whole number, not "${text}"`);
  return Number(text);
};

/** Options of ssh_config that a connection of this package has. */
const OPTIONS: Readonly<Record<string, (value: string) => OfOptions>> = {
  Port: (value) => ({ port: number("Port", value) }),
  User: (value) => ({ user: value }),
  IdentityFile: (value) => ({ identity: value }),
  IdentityAgent: (value) => ({ agentSocketPath: value }),
  UserKnownHostsFile: (value) => ({ knownHosts: value }),
  StrictHostKeyChecking: (value) => {
    if (["yes", "ask", "accept-new"].includes(value)) return {};
    if (["no", "off"].includes(value)) return { hostKeyChecking: "off" };
    throw new UsageError(`-o StrictHostKeyChecking takes yes or no, not "${value}"`);
  },
  ConnectTimeout: (value) => ({ perDialTimeout: number("ConnectTimeout", value) }),
  ConnectionAttempts: (value) => ({ dialErrorLimit: number("ConnectionAttempts", value) }),
};

const NAMES = new Map(Object.keys(OPTIONS).map((name) => [name.toLowerCase(), name]));

/** The first value of an option counts, as in ssh. @throws UsageError */
export const sshOptions = (texts: readonly string[]): OfOptions =>
  Object.assign({}, ...texts.map(sshOption).toReversed()) as OfOptions;

function sshOption(text: string): OfOptions {
  const [, given = "", value = ""] = /^\s*(\w+)(?:\s*=\s*|\s+)(.+?)\s*$/.exec(text) ?? [];
  if (value === "") throw new UsageError(`-o takes Name=value, not "${text}"`);
  const name = NAMES.get(given.toLowerCase());
  const read = name === undefined ? undefined : OPTIONS[name];
  if (!read) throw new UsageError(`-o ${given} is not supported: choose ${Object.keys(OPTIONS).join(", ")}`);
  return read(value);
}
