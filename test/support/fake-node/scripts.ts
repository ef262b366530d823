import type { Home } from "./home.ts";

/** Separates the arguments of a logged command line: no argument has it. */
export const ARGUMENT_SEPARATOR = "\u001F";

/**
 * First lines of every tool: who calls, and one line in the log. Builtins of the shell only, because a bench runs 64 such
 * hosts on two cores. `[ -O / ]` is true for root, who owns it; any other caller is the operator.
 */
const logged = (home: Home, tool: string): string => `#!/bin/sh
if [ -O / ]; then caller=root uid=0; else caller=user uid=1000; fi
read -r since _ </proc/uptime
IFS=${ARGUMENT_SEPARATOR}
printf '%s\\t%s\\t%s\\t%s\\n' "$since" "$uid" "${tool}" "$*" >>'${home.commands}'
IFS=' '
`;

const slow = (home: Home, tool: string): string =>
  `exec '${home.node}' '${home.code}/main.js' '${home.path}' "${tool}" "$@"\n`;

/** amd-smi: prints what is prepared for these arguments; what changes something, and anything unusual, goes to Node. */
export const amdSmiScript = (home: Home, readSeconds: number): string =>
  `${logged(home, "amd-smi")}${readSeconds > 0 ? `case $1 in set|reset) ;; *) sleep ${readSeconds} ;; esac\n` : ""}case "$*" in
*/*) ;;
*)
  answer='${home.outputs}'/$caller/"$*"
  if [ -f "$answer" ]; then exec cat "$answer"; fi
  if [ -f "$answer.code" ]; then
    cat "$answer.out"
    cat "$answer.err" >&2
    read -r code <"$answer.code"
    exit "$code"
  fi
  ;;
esac
${slow(home, "amd-smi")}`;

/** dmesg, for root alone, as distributions have it. */
export const dmesgScript = (home: Home): string => `#!/bin/sh
[ -O / ] && exec cat '${home.kernelLog}'
echo 'dmesg: read kernel buffer failed: Operation not permitted' >&2
exit 1
`;

/** modprobe and systemctl; also mounted over the real ones, which a test must never reach, under whatever name. */
export const toolScript = (home: Home): string => {
  const tool = "${0##*/}";
  return `${logged(home, tool)}${slow(home, tool)}`;
};
