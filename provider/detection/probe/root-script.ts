import { START_FAILED } from "../assemble/start-failure.ts";
import { DESCRIBE_PROCESS } from "./describe-process.ts";
import { heading } from "./sections.ts";

/**
 * What only root may read: who has the GPUs' device files open, whatever KFD knows of it, and what the kernel said about memory
 * modes and about GPUs whose start failed. Runs beside the amd-smi calls, which take longer; what these have open themselves (as children of the probe, through
 * sudo or not) is left out.
 *
 * A device file of a container has another inode and perhaps another name; what stat says of the open file is its number. A name
 * with a line feed is passed over: an account that makes its own mount namespace has such a file, and what follows the line feed would
 * be taken for a file of another process.
 *
 * Arguments: the token of the headings, the process id of the probe, and whether to search open files. Each costs
 * the host some microseconds, and there may be a hundred thousand.
 */
export const ROOT_SCRIPT = `
LC_ALL=C; export LC_ALL
token=$1 probe=$2 uids=
heading() { printf '\\n==%s %s %s\\n' "$token" "$1" "$2"; }
${DESCRIBE_PROCESS}
ours() {
  up=$1
  while [ "\${up:-0}" -gt 1 ]; do
    [ "$up" != "$probe" ] || return 0
    of=$up; up=
    while read -r key value _; do [ "$key" != PPid: ] || { up=$value; break; }; done 2>/dev/null <"/proc/$of/status"
  done
  return 1
}
if [ "$3" = scan ] && command -v find >/dev/null; then
  # One line is always found: without it this find knows not what it was asked (that of busybox), and nothing is concluded.
  found=$(find /proc/[0-9]*/fd -maxdepth 1 '(' -lname '/dev/kfd*' -o -lname '/dev/dri/*' ')' ! -lname '*
*' -printf '%p %l\\n' \\
    -o -path "/proc/$$/fd/0" -printf '%p ours\\n' 2>/dev/null)
  case $found in *' ours'*) ${heading("opened")} ;; esac
  printf '%s\\n' "$found"
  set --; seen=' '; others=
  while read -r file target; do
    case $target in /dev/*) ;; *) continue ;; esac
    pid=\${file#/proc/}; pid=\${pid%%/*}
    set -- "$@" "$file"
    case "$seen" in *" $pid "*) continue ;; esac
    seen="$seen$pid "
    ours "$pid" || others="$others $pid"
  done <<FOUND
$found
FOUND
  [ -z "$others" ] || stat -L -c '%n %t:%T' "$@" 2>/dev/null
  ${heading("openers")}
  for pid in $others; do describe "$pid"; line "$pid" ''; done
  [ -z "$uids" ] || { ${heading("opener-users")}; getent passwd $uids; }
fi
if command -v dmesg >/dev/null; then
  ${heading("log")}
  dmesg 2>/dev/null | grep -E 'amdgpu.*(kernel modesetting|NPS mode change requested|${START_FAILED})'
fi
exit 0
`;
