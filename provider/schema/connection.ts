import { z } from "zod";

const text = z.string().min(1);

/**
 * What is wrong with the name of a host as it is written; undefined: nothing. The value is not repeated: where a host is stands
 * among the secrets. A zone stands behind an address, as in fe80::1%eth0.
 */
function hostMistake(host: string): string | undefined {
  if (host.includes("://")) return 'must be a name or an address without a scheme; remove "ssh://"';
  if (host.includes("@")) return "must be a name or an address alone; the user belongs in the property user";
  if (/^\[.*\](?::\d*)?$/s.test(host))
    return "must be an address without brackets; a port belongs in the property port";
  if (/^[^:]*:\d*$/s.test(host))
    return "must be a name or an address alone; the port belongs in the property port";
  if (host.startsWith("-")) return "must not begin with a dash";
  if (/\s/.test(host)) return "must be one name or address, without blanks";
  if (!/^[\p{L}\p{N}._:%-]*$/u.test(host))
    return "must be a name or an address: letters, digits, dots and dashes";
  return undefined;
}

/** Users of a directory may have blanks, an @ or a backslash in their names. */
function userMistake(user: string): string | undefined {
  if (user.startsWith("-")) return "must not begin with a dash";
  return /\p{Cc}/u.test(user) ? "must not have control characters" : undefined;
}

const withoutMistake = (mistake: (value: string) => string | undefined) =>
  text.superRefine((value, context) => {
    const message = mistake(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

const fields = {
  /** Host name or address, without user, port, scheme or brackets. */
  host: withoutMistake(hostMistake),
  /** TCP port of the SSH server. @default 22 */
  port: z.number().int().min(1).max(65_535).default(22),
  /** Login name. On a host that is to be changed: root, or a user with `sudo` without a password. @default "root" */
  user: withoutMistake(userMistake).default("root"),
  /** Contents of a private key in PEM or OpenSSH form, not a path. Tried before `password`. */
  privateKey: text.optional(),
  /** Path of a private key file on the machine that runs Pulumi, in place of `privateKey`. Read when needed; its text is never stored. */
  privateKeyPath: text.optional(),
  /** Passphrase of `privateKey`, or of the file at `privateKeyPath`. */
  privateKeyPassword: text.optional(),
  /** Password of the user, also for keyboard-interactive logins. */
  password: text.optional(),
  /** Path of an SSH agent's socket. @default `$SSH_AUTH_SOCK`, without key and password */
  agentSocketPath: text.optional(),
  /** Public key of the host, or several, as in a `.pub` file or as lines of known_hosts. @default the known_hosts file */
  hostKey: z.union([text, z.array(text).min(1)]).optional(),
  /** Path of a known_hosts file on the machine that runs Pulumi. @default the files that OpenSSH reads */
  knownHosts: text.optional(),
  /** "off" accepts any host key; use it only for hosts that are recreated all the time. @default "strict" */
  hostKeyChecking: z.enum(["strict", "off"]).default("strict"),
  /** Attempts to connect. A refused login or a wrong host key is not tried again. @default 3 */
  dialErrorLimit: z.number().int().min(1).max(100).default(3),
  /** Seconds for one attempt to connect and log in. @default 15 */
  perDialTimeout: z.number().min(1).max(600).default(15),
};

/** What a user may write. */
export interface ConnectionArgs extends z.input<z.ZodObject<typeof fields>> {
  /** Jump host (bastion) that forwards the connection. It has the same fields, and may have a `proxy` itself. @default none */
  proxy?: ConnectionArgs | undefined;
}

/** With the defaults filled in. */
export interface Connection extends z.output<z.ZodObject<typeof fields>> {
  /** Jump host (bastion) that forwards the connection. It has the same fields, and may have a `proxy` itself. @default none */
  proxy?: Connection | undefined;
}

/**
 * How to reach a host. Field names are those of `@pulumi/command`'s `remote.Connection`; what its users miss is added:
 * `hostKey` or known_hosts is verified by default, dialling is bounded (3 attempts instead of 10, no "unlimited"), and a jump
 * host may have one itself.
 */
export const connectionSchema = z
  .strictObject({
    ...fields,
    /** Jump host (bastion) that forwards the connection. It has the same fields, and may have a `proxy` itself. @default none */
    get proxy(): z.ZodOptional<z.ZodType<Connection, ConnectionArgs>> {
      return connectionSchema.optional();
    },
  })
  .refine((connection) => !(connection.hostKey !== undefined && connection.hostKeyChecking === "off"), {
    path: ["hostKeyChecking"],
    message: 'is "off", but hostKey is set; remove one of the two',
  })
  .refine(({ privateKey, privateKeyPath }) => privateKey === undefined || privateKeyPath === undefined, {
    path: ["privateKeyPath"],
    message: "conflicts with privateKey; set one of them",
  });
