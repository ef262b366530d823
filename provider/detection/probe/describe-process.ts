/**
 * Shell functions that tell of one process who it is, with builtins alone: name, user id and cgroups are files that every user
 * may read, and a process more for each would cost a host a millisecond. Only a Python costs one, to know which program it
 * runs; of its further arguments, which may be secret, nothing is told.
 *
 * `describe` sets name, uid, up (the parent) and groups; `line` prints them with what the process holds.
 */
export const DESCRIBE_PROCESS = `
describe() {
  name=; read -r name 2>/dev/null <"/proc/$1/comm"
  case $name in python*)
    # An argument may have any character but NUL: a line feed in it must not begin a line.
    words=$(tr '\\0-\\037\\177' ' ' 2>/dev/null <"/proc/$1/cmdline"); words=\${words#* }; words=\${words#-m }; words=\${words%% *}
    case $words in -*) ;; */* | *.*) name="$name \${words##*/}" ;; esac
  esac
  uid=; up=; while read -r key value _; do
    case $key in PPid:) up=$value ;; Uid:) uid=$value; break ;; esac
  done 2>/dev/null <"/proc/$1/status"
  groups=; while IFS=: read -r _ _ group; do
    case "$groups " in *" $group "*) ;; *) groups="$groups $group" ;; esac
  done 2>/dev/null <"/proc/$1/cgroup"
  case "$uids " in *" $uid "*) ;; *) uids="$uids $uid" ;; esac
}
line() { printf '%s\\t%s\\t%s\\t%s\\t%s\\n' "$1" "$uid" "$2" "$groups" "$name"; }
`;
