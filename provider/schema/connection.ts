import { z } from "zod";

const text = z.string().min(1);

/**
 * How to reach a host. Field names are those of `@pulumi/command`'s `remote.Connection`; what its users miss is added:
 * `hostKey` or known_hosts is verified by default, and dialling is bounded (3 attempts instead of 10, no "unlimited").
 */
export const connectionSchema = z
  .strictObject({
    /** Host name or address. */
    host: text,
    /** @default 22 */
    port: z.number().int().min(1).max(65_535).default(22),
    /** Needs root, or `sudo` without a password, to change modes. @default "root" */
    user: text.default("root"),
    /** Contents of a private key in PEM or OpenSSH form, not a path. Wins over `password`. */
    privateKey: text.optional(),
    privateKeyPassword: text.optional(),
    password: text.optional(),
    /** Path of an agent's socket. @default $SSH_AUTH_SOCK, when neither key nor password is given */
    agentSocketPath: text.optional(),
    /** The host's public key in authorized_keys form ("ssh-ed25519 AAAA…"), or several. @default the known_hosts file */
    hostKey: z.union([text, z.array(text).min(1)]).optional(),
    /** Path of a known_hosts file. @default ~/.ssh/known_hosts */
    knownHosts: text.optional(),
    /** "off" accepts any host key: only for hosts that are recreated all the time. @default "strict" */
    hostKeyChecking: z.enum(["strict", "off"]).default("strict"),
    /** How often to try to connect before giving up. @default 3 */
    dialErrorLimit: z.number().int().min(1).max(100).default(3),
    /** Seconds for one attempt to connect and log in. @default 15 */
    perDialTimeout: z.number().min(1).max(600).default(15),
  })
  .refine((connection) => !(connection.hostKey !== undefined && connection.hostKeyChecking === "off"), {
    path: ["hostKeyChecking"],
    message: 'is "off" although a hostKey is given; drop one of the two',
  });

/** What a user may write. */
export type ConnectionArgs = z.input<typeof connectionSchema>;
/** With the defaults filled in. */
export type Connection = z.output<typeof connectionSchema>;
