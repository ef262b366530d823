import { noisyHome } from "../../../test/remote/shells.ts";
import type { HostAccount } from "../../../test/support/host-accounts.ts";
import type { SshdOptions } from "../../../test/support/sshd.ts";

/** Hosts that differ in one thing; every one of them is put to every use. */
export const HOSTS: Readonly<
  Record<string, Omit<SshdOptions, "accounts"> & { readonly account?: Partial<HostAccount> }>
> = {
  plain: {},
  "1 session": { config: ["MaxSessions 1"] },
  "2 sessions": { config: ["MaxSessions 2"] },
  "3 sessions": { config: ["MaxSessions 3"] },
  "no session": { config: ["MaxSessions 0"] },
  "only rsa-sha2-512": { config: ["PubkeyAcceptedAlgorithms rsa-sha2-512"] },
  "no common cipher": { config: ["Ciphers aes128-cbc"] },
  "a forced command": {
    config: ['ForceCommand echo logged; eval "$SSH_ORIGINAL_COMMAND"; echo bye; exit 3'],
  },
  "another forced command": { config: ["ForceCommand /usr/lib/openssh/sftp-server"] },
  "start-up files that print": {
    account: { shell: "/bin/bash", home: noisyHome("Welcome!\nlocked\nwritten\nconflict\n") },
  },
  "start-up files that print colours": {
    account: { shell: "/bin/bash", home: noisyHome("\u001B]0;pwn\u0007\u001B[2J<{%fg 1%}>") },
  },
  "start-up files that print without a line end": {
    account: { shell: "/bin/bash", home: { ".bashrc": "head -c 100000 /dev/zero\n" } },
  },
  "start-up files that never end": { account: { shell: "/bin/bash", home: { ".bashrc": "yes\n" } } },
  "start-up files that wait": { account: { shell: "/bin/bash", home: { ".bashrc": "sleep 311\n" } } },
  "start-up files that read stdin": {
    account: { shell: "/bin/bash", home: { ".bashrc": "cat >/dev/null\n" } },
  },
  "start-up files that echo stdin": { account: { shell: "/bin/bash", home: { ".bashrc": "cat\n" } } },
  "a shell that lets nobody in": { account: { shell: "/usr/sbin/nologin" } },
  "a shell that says control characters": {
    account: { shell: "/bin/bash", home: { ".bashrc": "printf '\\033]0;pwn\\007'; exit 3\n" } },
  },
  "an account that has run out": { config: ["UsePAM yes"], account: { expired: "account" } },
  "a password that has run out": { config: ["UsePAM yes"], account: { expired: "password" } },
  "a host under maintenance": {
    config: ["UsePAM yes"],
    namespaceSetup: "echo 'Down until eight' >/run/nologin",
  },
  "a dialogue after the key": {
    config: ["UsePAM yes", "AuthenticationMethods publickey,keyboard-interactive"],
  },
  "a user who may not log in": { config: ["DenyUsers ops"] },
  "a login shell that is missing": { account: { shell: "/bin/no-such-shell" } },
  "a forced command that is missing": { config: ["ForceCommand /no/such/program"] },
  "a root directory without programs": { config: ["ChrootDirectory /run/sshd"] },
  "a root directory that sshd refuses": { config: ["ChrootDirectory /no/such/directory"] },
  "no key exchange in common": { config: ["KexAlgorithms sntrup761x25519-sha512@openssh.com"] },
  "certificates alone": { config: ["PubkeyAcceptedAlgorithms ssh-ed25519-cert-v01@openssh.com"] },
  "new keys every few packets": { config: ["RekeyLimit 16K"] },
  "a banner": { config: ["Banner /etc/passwd"] },
  "a limit of processes": { account: { shell: "/bin/bash", home: { ".bashrc": "ulimit -u 1\n" } } },
  "no room for temporary files": {
    namespaceSetup:
      "mount -t tmpfs -o size=4k,mode=1777 tmpfs /dev/shm; head -c 4096 /dev/zero >/dev/shm/full || :",
  },
};
