import { readFileSync } from "node:fs";

/** The unprivileged account of a fake host. */
export const OPERATOR = { name: "ops", uid: 1000, password: "correct horse" } as const;

export const GROUP_IDS = { video: 44, render: 109 } as const;

/**
 * sudo for the operator: without a password, with one, or not allowed at all. The sudo is the machine's own, only the
 * rules are ours.
 */
export type SudoRule = "without-password" | "with-password" | "denied";

/** crypt(3) of the operator's password. */
const PASSWORD_HASH =
  "$6$fakenode$G8v7fH9MZQJGKIZTn6nS/o1isuyNmGR13C5AhuudEEnrzHmlB7YwgQzyPO7GlsmJUb4TI259JNHrHcJIErn5B.";

const SUDO_RULES: Readonly<Record<SudoRule, string>> = {
  "without-password": `${OPERATOR.name} ALL=(ALL:ALL) NOPASSWD: ALL`,
  "with-password": `${OPERATOR.name} ALL=(ALL:ALL) ALL`,
  denied: "",
};

/** Files of /etc: name → content and mode. */
export function accountFiles(
  homes: string,
  sudo: SudoRule,
  groups: "member" | "none",
): Readonly<Record<string, { readonly content: string; readonly mode: number }>> {
  const member = groups === "member" ? OPERATOR.name : "";
  const passwd = [
    `root:x:0:0:root:${homes}/root:/bin/sh`,
    ...systemLines("/etc/passwd", (id) => id !== 0),
    `${OPERATOR.name}:x:${OPERATOR.uid}:${OPERATOR.uid}::${homes}/${OPERATOR.name}:/bin/sh`,
  ];
  const own: readonly number[] = Object.values(GROUP_IDS);
  const group = [
    ...systemLines("/etc/group", (id) => !own.includes(id)),
    `video:x:${GROUP_IDS.video}:${member}`,
    `render:x:${GROUP_IDS.render}:${member}`,
    `${OPERATOR.name}:x:${OPERATOR.uid}:`,
  ];
  const shadow = passwd.map((line) => {
    const name = line.split(":")[0] ?? "";
    return `${name}:${name === OPERATOR.name ? PASSWORD_HASH : "*"}:20000:0:99999:7:::`;
  });
  return {
    passwd: { content: text(passwd), mode: 0o644 },
    group: { content: text(group), mode: 0o644 },
    shadow: { content: text(shadow), mode: 0o600 },
    sudoers: { content: sudoersFor(sudo), mode: 0o440 },
  };
}

/** /etc/sudoers with this rule for the operator. */
export const sudoersFor = (rule: SudoRule): string =>
  text([
    "Defaults env_reset, use_pty, !syslog, timestamp_timeout=0",
    'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    "root ALL=(ALL:ALL) ALL",
    SUDO_RULES[rule],
  ]);

const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

/** The machine's own system accounts: sshd wants its own, and files keep the owners they have. */
function systemLines(path: string, wanted: (id: number) => boolean): readonly string[] {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.filter((line) => {
    const [name, , id] = line.split(":");
    const number = Number(id);
    return (number < 1000 || number === 65_534) && wanted(number) && name !== "render" && name !== "video";
  });
}
