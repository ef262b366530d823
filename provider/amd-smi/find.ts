/** Where AMD's packages and archives put amd-smi, in the order of the search; then PATH. For messages. */
export const AMD_SMI_PLACES = "/opt/rocm/bin, /opt/rocm/core-*/bin, /opt/rocm-*/bin and PATH";

/**
 * Finds amd-smi, in POSIX sh: the one rule for the probe and for the script that boots run.
 *
 * Before it, `wanted` is `amdSmiPath` or empty, and `right` says whether amd-smi is going to run as root ("none": it is not).
 * After it, `amd_smi` is the path to run, empty where there is none; `amd_smi_others` are other installations; and
 * `amd_smi_weak` names each file that root must not run, a colon, and the directory or file in its path that somebody else may
 * write. Several installations are side by side where several releases of ROCm are: the newest counts, by number.
 *
 * Links are followed by hand, so that every directory on the way is checked: who may write one of them decides what runs. One
 * process per link and one for the whole path.
 */
export const FIND_AMD_SMI = `
newer() {
  a=$1. b=$2.
  while [ -n "$a$b" ]; do
    x=\${a%%.*} y=\${b%%.*} a=\${a#*.} b=\${b#*.}
    x=\${x%%[!0-9]*} y=\${y%%[!0-9]*}
    [ "\${x:-0}" -eq "\${y:-0}" ] || { [ "\${x:-0}" -gt "\${y:-0}" ]; return; }
  done
  return 1
}
newest_first() {
  sorted=
  for file in "$@"; do
    case $file in *[!A-Za-z0-9._+/-]*) continue ;; esac
    [ -f "$file" ] || continue
    version=\${file%/bin/amd-smi}; version=\${version##*-}
    before=$sorted sorted= placed=
    for other in $before; do
      known=\${other%/bin/amd-smi}; known=\${known##*-}
      if [ -z "$placed" ] && newer "$version" "$known"; then sorted="$sorted $file"; placed=1; fi
      sorted="$sorted $other"
    done
    [ -n "$placed" ] || sorted="$sorted $file"
  done
}
# The file that a path leads to, as $at, and everything on the way there, as $trail.
follow() {
  trail=/ rest=\${1#/} at= links=0
  while [ -n "$rest" ]; do
    part=\${rest%%/*}
    case $rest in */*) rest=\${rest#*/} ;; *) rest= ;; esac
    case $part in '' | .) continue ;; ..) at=\${at%/*}; continue ;; esac
    if [ -L "$at/$part" ]; then
      links=$((links + 1)); [ "$links" -le 40 ] || return 1
      to=$(readlink "$at/$part") || return 1
      case $to in *[!A-Za-z0-9._+@:/-]*) return 1 ;; /*) at= ;; esac
      rest=$to\${rest:+/$rest}
    else at=$at/$part; trail="$trail $at"
    fi
  done
}
# $weak: empty, or what in $trail root does not own or somebody else may write.
weak_part() {
  weak=; parts=$(ls -ldn $trail 2>/dev/null) || { weak=$at; return; }
  while read -r mode _ owner group _ _ _ _ name; do
    case $owner:$group:$mode in
      # In a sticky directory nobody else replaces what is root's.
      0:*:d????????[tT]*) continue ;;
      0:*:????????w*) ;; 0:0:*) continue ;; 0:*:?????w*) ;; 0:*) continue ;;
    esac
    weak=\${name##* }; break
  done <<PARTS
$parts
PARTS
}
amd_smi= amd_smi_others= amd_smi_weak= files=
if [ -n "$wanted" ]; then found=$wanted
else
  newest_first /opt/rocm/core-*/bin/amd-smi; cores=$sorted
  newest_first /opt/rocm-*/bin/amd-smi
  on_path= search=$PATH:
  while [ -n "$search" ] && [ -z "$on_path" ]; do
    file=\${search%%:*}/amd-smi search=\${search#*:}
    case $file in *[!A-Za-z0-9._+@:/-]*) ;; /*) [ ! -f "$file" ] || [ ! -x "$file" ] || on_path=$file ;; esac
  done
  found="/opt/rocm/bin/amd-smi $cores /opt/rocm/core/bin/amd-smi $sorted $on_path"
fi
for file in $found; do
  [ -f "$file" ] && [ -x "$file" ] || continue
  follow "$file" || continue
  case " $files " in *" $at "*) continue ;; esac
  files="$files $at"
  if [ -n "$amd_smi" ]; then amd_smi_others="$amd_smi_others $file"; continue; fi
  weak=; [ "$right" = none ] || weak_part
  if [ -n "$weak" ]; then amd_smi_weak="$amd_smi_weak $file:$weak"; else amd_smi=$file; fi
done
`;
