/** The commands of a block, without comments: those before and after a pipe or `&&` are commands of their own. */
export const commandsOf = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.replace(/(?:^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/\||&&|;/))
    .map((command) => command.trim())
    .filter((command) => command !== "");

/** Programs of a system that a reader has: shells, files, SSH. */
const SYSTEM = new Set(["cat", "echo", "jq", "journalctl", "node", "sha256sum", "ssh", "sudo", "systemctl"]);
const PULUMI = new Set([
  "config set",
  "import",
  "plugin install",
  "preview",
  "refresh",
  "stack init",
  "state delete",
  "up",
]);

const COMMANDS = new Set([
  "capacity",
  "describe",
  "detect",
  "doctor",
  "estimate",
  "export",
  "plan",
  "reservations",
]);

/** Undefined: the command exists. @param scripts those of package.json */
export function problemOf(command: string, scripts: Readonly<Record<string, string>>): string | undefined {
  const [program = "", first = "", second = ""] = command.split(/\s+/);
  if (program === "npm") {
    const script = first === "run" ? second : first;
    return first === "ci" || script in scripts ? undefined : `${command}: no such script`;
  }
  if (program === "pulumi")
    return PULUMI.has(first) || PULUMI.has(`${first} ${second}`) ? undefined : `${command}: not tried here`;
  if (program === "npx" && first === "pulumi-amd-gpu")
    return COMMANDS.has(second) ? undefined : `${command}: no such command`;
  return SYSTEM.has(program) ? undefined : `${command}: no such program`;
}
