/** Login shells that a host's accounts may have, by name. */
export const SHELLS: Readonly<Record<string, string>> = {
  sh: "/bin/sh",
  bash: "/bin/bash",
  dash: "/bin/dash",
  rbash: "/bin/rbash",
  zsh: "/usr/bin/zsh",
  fish: "/usr/bin/fish",
  csh: "/usr/bin/bsd-csh",
  tcsh: "/usr/bin/tcsh",
};

/** What shells stumble over: as an argument, as stdin, and as an argument of a script. */
export const VALUES: Readonly<Record<string, string>> = {
  "a newline": "x\ntouch PWN\ny",
  "an exclamation mark": "wow! !! !$ !-1 !touch",
  quotes: `it's "so" \\' \\" \`id\` $(id) $HOME \${HOME}`,
  backslashes: String.raw`\ \\ \n \t \$ \!`,
  globs: "* ? [a-z] {a,b} ~ ~root",
  "signs of a shell": "; & | < > ( ) # % ^ = ! && ||",
  "a tab and a carriage return": "a\tb\r\nc\r",
  "control characters": "\u0001\u0007\u001B[31m\u007F",
  "other scripts": "größe 日本語 🦙 \u202Eabc",
  "an option": "-n --help -- -",
  nothing: "",
  "64 kB": "0123456789abcde\n".repeat(4096),
};

/** Start-up files that print, for each shell the one that it reads when a command comes over SSH. */
export const noisyHome = (text: string): Readonly<Record<string, string>> => {
  const print = `printf '%s' '${text}'; printf '%s' '${text}' >&2\n`;
  // csh has no printf of its own; echo is a builtin.
  const csh = `echo -n '${text.replaceAll("\n", " ")}'\n`;
  return { ".bashrc": print, ".zshenv": print, ".cshrc": csh, ".config/fish/config.fish": print };
};
