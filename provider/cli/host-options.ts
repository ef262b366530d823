import type { ConnectionArgs } from "../schema/connection.ts";
import type { DirectHostArgs } from "../schema/direct.ts";
import { parseHostName } from "./host-name.ts";
import { jumpHosts } from "./jump-hosts.ts";
import { parseSimulated } from "./simulated-name.ts";
import { sshOptions } from "./ssh-options.ts";
import { UsageError } from "./usage-error.ts";

/** Which host, and how it is reached, as it stands on the command line. */
export interface HostOptions {
  readonly port?: string;
  readonly login?: string;
  readonly identity?: string;
  /** "ops@bastion:2222,inner", as ssh -J takes it. */
  readonly jump?: string;
  /** "Name=value", as ssh -o takes it. */
  readonly option?: readonly string[];
  readonly hostKey?: string;
  readonly askPassword?: true;
  /** "MI300X:8" */
  readonly simulate?: string;
  readonly stateFile?: string;
  readonly amdSmi?: string;
  readonly timeout?: string;
}

/** A host that is chosen; what has to be read or asked for is still open. */
export type HostChoice =
  | { readonly kind: "simulated"; readonly args: DirectHostArgs }
  | { readonly kind: "local"; readonly args: DirectHostArgs }
  | {
      readonly kind: "ssh";
      readonly connection: ConnectionArgs;
      readonly args: DirectHostArgs;
      /** Path of a private key. @default those of ~/.ssh, where no agent runs */
      readonly identity: string | undefined;
      readonly password: "asked" | "not asked";
    };

const SSH_ONLY = ["port", "login", "identity", "jump", "option", "hostKey", "askPassword"] as const;

/** @param unusedFile a path where nothing is: a simulated host as delivered @throws UsageError */
export function chooseHost(host: string | undefined, options: HostOptions, unusedFile: string): HostChoice {
  const common: DirectHostArgs = {
    ...(options.amdSmi !== undefined && { amdSmiPath: options.amdSmi }),
    ...(options.timeout !== undefined && {
      timeouts: { observe: wholeNumber("--timeout", options.timeout) },
    }),
  };
  const isSimulated = options.simulate !== undefined || options.stateFile !== undefined;
  if (host !== undefined && isSimulated)
    throw new UsageError("a host and --simulate exclude each other; give one of them");
  if (host === undefined) {
    const without = SSH_ONLY.find((name) => options[name] !== undefined);
    if (without !== undefined)
      throw new UsageError(`--${kebab(without)} needs a host; give it as [user@]host`);
  }
  if (isSimulated) {
    const simulation = options.simulate === undefined ? {} : parseSimulated(options.simulate);
    const stateFile = options.stateFile ?? unusedFile;
    return {
      kind: "simulated",
      args: { ...common, mode: "simulation", simulation: { ...simulation, stateFile } },
    };
  }
  // A host that has no GPU is not simulated here: the answer is that it has none.
  if (host === undefined) return { kind: "local", args: { ...common, local: true, mode: "real" } };
  const name = parseHostName(host);
  const { identity, ...ofOptions } = sshOptions(options.option ?? []);
  const user = name.user ?? options.login;
  // A host key and a port are of one host; everything else is how this user reaches hosts.
  const { port: _port, ...shared } = { ...ofOptions, ...(user !== undefined && { user }) };
  return {
    kind: "ssh",
    connection: {
      ...ofOptions,
      host: name.host,
      ...(user !== undefined && { user }),
      ...(options.port !== undefined && { port: wholeNumber("-p", options.port) }),
      ...(options.hostKey !== undefined && { hostKey: options.hostKey }),
      ...(options.jump !== undefined && { proxy: jumpHosts(options.jump, shared) }),
    },
    args: { ...common, mode: "real" },
    identity: options.identity ?? identity,
    password: options.askPassword === undefined ? "not asked" : "asked",
  };
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (sign) => `-${sign.toLowerCase()}`);

export function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${option} takes a whole number, not "${text}"`);
  return Number(text);
}
