import { defineMessages } from "../message.ts";
import { excerpt } from "../plain-text.ts";

/** How far an attempt to connect has come. */
export type Phase = "connecting" | "handshake" | "login";

/** What the server sent to whoever reads: a banner, or lines before SSH begins. Empty: nothing. */
interface Said {
  readonly said: string;
}

const quoted = ({ said }: Said): string =>
  excerpt(said) === "" ? "" : `; the server sent "${excerpt(said)}"`;

/** Why a host cannot be reached; each follows "cannot reach gpu1.example: ". */
export const reachMessages = defineMessages({
  "name-unknown": () => "its name does not resolve in DNS",
  "dns-silent": () => "DNS does not answer",
  "no-route": () => "no route to the host",
  "connection-refused": () => "connection refused",
  "connection-reset": () => "the host reset the connection",
  "no-answer": ({ seconds }: { readonly seconds?: number }) =>
    `no answer${seconds === undefined ? "" : ` within ${seconds} s`}`,
  "socket-failed": ({ detail }: { readonly detail: string }) => excerpt(detail),
  "stage-too-slow": ({ phase, seconds }: { readonly phase: Phase; readonly seconds: number }) =>
    `the host accepted the connection but did not finish the ${phase} within ${seconds} s`,
  "closed-before-ssh": (data: Said) =>
    `the server closed the connection before it sent an SSH identification${quoted(data)}`,
  "closed-in-stage": ({ phase, said }: Said & { readonly phase: Phase }) =>
    `the server closed the connection during the ${phase}${quoted({ said })}`,
  "no-ssh-server": (data: Said) =>
    `the service at this port is not an SSH server: it sent no SSH identification${quoted(data)}`,
  "no-common-algorithm": ({ kind }: { readonly kind: string }) =>
    `its SSH server and this client share no ${excerpt(kind)}; compare its sshd_config with docs/security.md`,
  "too-many-startups": () =>
    "the SSH server has too many logins in progress (MaxStartups); raise MaxStartups or run again",
  "protocol-error": ({ phase, detail }: { readonly phase: Phase; readonly detail: string }) =>
    `the SSH ${phase} failed: ${excerpt(detail)}`,
  "jump-connection-lost": ({ jump, detail }: { readonly jump: string; readonly detail: string }) =>
    `the connection to ${jump} broke${detail === "" ? "" : `: ${excerpt(detail)}`}`,
  "jump-connection-refused": ({ jump, address }: There) =>
    `${jump} cannot connect to ${address}: connection refused`,
  "jump-no-route": ({ jump, address }: There) => `${jump} cannot connect to ${address}: no route to the host`,
  "jump-name-unknown": ({ jump, address }: There) =>
    `${jump} cannot connect to ${address}: the name does not resolve in DNS there`,
  "jump-no-answer": ({ jump, address, seconds }: There & { readonly seconds?: number }) =>
    `${jump} cannot connect to ${address}: no answer${seconds === undefined ? "" : ` within ${seconds} s`}`,
  "forwarding-forbidden": ({ jump, address }: There) =>
    `${jump} does not allow forwarding to ${address}; check AllowTcpForwarding and PermitOpen in its sshd_config, and the options of the key in authorized_keys`,
  "address-not-permitted": ({ jump, address }: There) =>
    `${jump} forwards to other addresses but not to ${address}; add the address to PermitOpen in its sshd_config, or to permitopen of the key in authorized_keys`,
  "forwarding-unsupported": ({ jump }: { readonly jump: string }) =>
    `the SSH server of ${jump} does not support TCP forwarding`,
  "forwarding-failed": ({ jump, address, detail }: There & { readonly detail: string }) =>
    `${jump} cannot connect to ${address}: ${excerpt(detail)}`,
});

/** A jump host, and where it was to connect to. */
interface There {
  /** "the jump host ops@bastion.example" */
  readonly jump: string;
  /** "gpu1.example:22" */
  readonly address: string;
}

/** Why a host does not let us in; each follows "cannot log in to gpu1.example: ". */
export const loginMessages = defineMessages({
  "credentials-refused": ({ tried, user, offered, said, detail }: Said & Refused) =>
    `the server did not accept ${tried.join(" and ")} for user "${user}"${
      offered.length === 0 ? "" : ` (it accepts ${excerpt(offered.join(", "))})`
    }${quoted({ said })}${detail === "" ? "" : `: ${excerpt(detail.toLowerCase())}`}`,
  "more-wanted": ({
    accepted,
    user,
    offered,
  }: Pick<Refused, "user" | "offered"> & { readonly accepted: readonly string[] }) =>
    `the server accepted ${accepted.join(" and ")} for user "${user}" and also requires ${excerpt(offered.join(" or "))}; set password if that is a password`,
  "agent-keys-unsupported": ({
    refused,
    kinds,
  }: {
    readonly refused: string;
    readonly kinds: readonly string[];
  }) =>
    `${refused}. The agent has keys of unsupported kinds (${excerpt(kinds.join(", "))}); add a plain key to it, or set privateKey`,
  "prompt-unanswered": ({ user, prompt }: { readonly user: string; readonly prompt: string }) =>
    `after the password of user "${user}" the server asks "${excerpt(prompt)}", which this client cannot answer; log in once with ssh and answer the prompt, or use a private key`,
  "password-expired": ({ user, prompt }: { readonly user: string; readonly prompt: string }) =>
    `the server requires a new password for user "${user}" ("${excerpt(prompt)}"); log in once with ssh and set it`,
  "no-credentials": ({ property }: { readonly property: string }) =>
    `${property} has no privateKey, privateKeyPath or password, and no SSH agent runs here`,
  "agent-silent": ({ agent }: { readonly agent: string }) =>
    `the agent at ${agent} does not answer or does not sign; try \`ssh-add -l\``,
  "agent-or-server-slow": ({ agent, seconds }: { readonly agent: string; readonly seconds: number }) =>
    `neither the agent at ${agent} nor the server finished the login within ${seconds} s; try \`ssh-add -l\``,
  "no-session": () => "the server refused to open a session for commands",
  "no-commands": () => "the server does not run commands for this user",
});

interface Refused {
  /** "the private key", "any key of the agent" */
  readonly tried: readonly string[];
  readonly user: string;
  /** Methods that the server would still take. */
  readonly offered: readonly string[];
  /** What the server said as it ended the login, such as too many failures. */
  readonly detail: string;
}

/** Why a connection was ended from here. */
export const trafficMessages = defineMessages({
  "too-much-before-login": ({ mebibytes }: { readonly mebibytes: number }) =>
    `its SSH server sent more than ${mebibytes} MiB before the login finished`,
  "connection-ended": ({ detail }: { readonly detail: string }) => excerpt(detail),
  "too-much-unasked": ({ mebibytes }: { readonly mebibytes: number }) =>
    `its SSH server sent ${mebibytes} MiB that no command asked for`,
  "too-many-key-exchanges": ({ count }: { readonly count: number }) =>
    `its SSH server requested ${count} key exchanges while it sent little data`,
  "packets-too-small": ({ bytes }: { readonly bytes: number }) =>
    `its SSH server accepts only packets of up to ${bytes} bytes`,
});

/** Why a private key cannot be used. None has a part of the key. */
export const keyMessages = defineMessages({
  "key-encrypted": () => "privateKey is encrypted; set privateKeyPassword",
  "key-passphrase-wrong": () => "privateKeyPassword does not open privateKey",
  "key-cipher-unknown": () =>
    "privateKey is encrypted with a cipher that is not supported; change it with `ssh-keygen -p -f key`",
  "key-of-putty-encrypted": () =>
    "privateKey is an encrypted PuTTY key of version 3, which is not supported; convert it with `puttygen key.ppk -O private-openssh-new -o key`",
  "key-of-putty-broken": () =>
    "privateKey is a damaged or incomplete PuTTY key; convert it with `puttygen key.ppk -O private-openssh-new -o key`",
  "key-of-pkcs8-broken": () => "privateKey is not a private key in PKCS#8 format, or is incomplete",
  "key-kind-unknown": () =>
    "privateKey is of a kind that SSH does not support; create a key with `ssh-keygen -t ed25519`",
  "key-is-public": () => "privateKey is a public key; the file without .pub is the private one",
  "key-is-path": () => "privateKey looks like a path; give the contents of the file",
  "key-lines-escaped": () => String.raw`privateKey contains the two characters "\n" instead of line breaks`,
  "key-of-security-key": () =>
    "privateKey is the handle of a security key (sk-…), which is not supported; use a key of another kind",
  "key-unreadable": () => "privateKey is not a private key in PEM or OpenSSH format, or is incomplete",
});
