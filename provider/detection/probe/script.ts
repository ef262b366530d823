import { READ_COMMANDS, type ReadCommand } from "../../amd-smi/commands.ts";
import { FIND_AMD_SMI } from "../../amd-smi/find.ts";
import { HOST_RECORD_DIRECTORY, HOST_RECORD_PATH } from "../../host-record/path.ts";
import { DRIVER_LOCK, PACKAGES_IN_DOUBT } from "../assemble/compute-switch.ts";
import { READ_BOOT_UNITS } from "../parse/boot-units.ts";
import { APU_IDS, READ_HOST_MEMORY } from "../parse/host-memory.ts";
import { DESCRIBE_PROCESS } from "./describe-process.ts";
import { ROOT_SCRIPT } from "./root-script.ts";
import { heading } from "./sections.ts";

/** One way to read many small files in one process: grep prints "path:line" for each. */
const NODE_LINES =
  "simd_count|simd_per_cu|device_id|vendor_id|location_id|domain|drm_render_minor|num_xcc|hive_id|gfx_target_version|size_in_bytes";

const call = (name: ReadCommand): string => {
  const [, ...args] = READ_COMMANDS[name];
  const run = (words: readonly string[]): string =>
    `"$amd_smi" ${words.join(" ")} >"$dir/${name}" 2>"$dir/${name}.err" </dev/null; code=$?`;
  // `list -e` came with ROCm 6.4. Before, plain `list` says less, and `-e` is refused, as a rule with exit status 0.
  const fallback = name === "list" ? `; has_bdf || { ${run(["list", "--json"])}; }` : "";
  const complaint = `[ "$code" = 0 ] || cat "$dir/${name}.err" >>"$dir/${name}"`;
  // As of a call that did not come to its end: who finds this heading unchanged knows that.
  return `${heading(name, HANGS)}
{ ${run(args)}${fallback}; ${complaint}; ${heading(name, '"$code"')}; } &`;
};

/** What `timeout` ends with. */
export const HANGS = 124;

/**
 * All amd-smi calls side by side (each is a Python program that takes half a second and more), and meanwhile what only root may
 * read. One process with the right, if there is one, so that the host logs one sudo for all of it, and one process that
 * bounds it and ends what hangs, which as the user it could not.
 */
const CALLS = `
token=$1 dir=$2 amd_smi=$3
# What root writes here the user reads, whatever new files are like on this host; the folder is the user's alone.
umask 022
heading() { printf '\\n==%s %s %s\\n' "$token" "$1" "$2" >"$dir/$1.head"; }
has_bdf() { while read -r line || [ -n "$line" ]; do case $line in *'"bdf"'*) return 0 ;; esac; done <"$dir/list"; return 1; }
${(Object.keys(READ_COMMANDS) as ReadCommand[]).map(call).join("\n")}
[ "$4" = none ] || (
  set -- "$token" "$5" "$6"
${ROOT_SCRIPT}
) >"$dir/root" 2>/dev/null
wait`;

/** Everything the calls have left, in order, by one process. */
const ANSWERS = Object.keys(READ_COMMANDS)
  .map((name) => `"$dir/${name}.head" "$dir/${name}"`)
  .join(" ");

/**
 * Reads everything readable of a host in one exec: POSIX sh, read-only, nothing left behind. sysfs and KFD are read from the
 * files while amd-smi thinks. KFD's list of processes is read before amd-smi starts, which is itself a user of the GPU.
 *
 * Builtins of the shell where they do, because each process costs a host about a millisecond, and a fleet waits for all.
 *
 * Output: sections, each headed by a line `==<token> <name> <exit code>`, the token being the first argument. It is random,
 * so that no output of any tool can be taken for a heading. The second argument is how many seconds the amd-smi calls may
 * take before they are given up, the third the path of amd-smi where the user says one.
 */
export const PROBE_SCRIPT = `
LC_ALL=C; export LC_ALL
PATH="$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin"; export PATH
# With these amd-smi runs the modules of another installation before its own.
unset ROCM_PATH ROCM_HOME PYTHONPATH
token=$1 wanted=$3
heading() { printf '\\n==%s %s %s\\n' "$token" "$1" "$2"; }
lacks=; for tool in cat grep; do command -v $tool >/dev/null || lacks="$lacks $tool"; done
[ -z "$lacks" ] || { echo "the host cannot run$lacks" >&2; exit 92; }
uid=; while read -r name _ uid _; do [ "$name" != Uid: ] || break; done </proc/self/status
elevate=; right=none; refusal=
if [ "$uid" = 0 ]; then right=root
elif refusal=$(sudo -n true </dev/null 2>&1); then right=sudo; elevate='sudo -n'
fi
${FIND_AMD_SMI}bound=; if command -v timeout >/dev/null; then bound="timeout $2"; fi

${heading("gpuProcesses")}
pid= uids=
${DESCRIBE_PROCESS}
for process in /sys/class/kfd/kfd/proc/[0-9]*; do
  [ -d "$process" ] || continue
  pid=\${process##*/}; describe "$pid"
  gpus=; for file in "$process"/vram_*; do [ -e "$file" ] && gpus="$gpus \${file##*/vram_}"; done
  line "$pid" "$gpus"
done
[ -z "$pid" ] || { ${heading("vram")}; cd /sys/class/kfd/kfd/proc && grep -sHv '^0$' [0-9]*/vram_*; }

# Whoever has a device file open holds the module: where nobody does, no process need be read.
refcnt=; read -r refcnt 2>/dev/null </sys/module/amdgpu/refcnt
scan=scan; [ "$refcnt" != 0 ] || scan=idle

dir=
if [ -n "$amd_smi" ]; then
  trap 'rm -rf "$dir"' EXIT
  trap 'exit 91' HUP INT TERM
  # In memory where that can be: an observation writes to no disk, and a full disk does not stop it. A folder can be made where no file has room.
  # Its name is known before it is made, so that it goes whenever we are ended; the token in it is random, and what is there already is not taken.
  for place in "\${TMPDIR:-/dev/shm}" /tmp; do
    dir=$place/pulumi-amd-gpu-$token
    if mkdir -m 700 "$dir"; then
      (printf '%65536s' '' >"$dir/room" && : >"$dir/room") 2>/dev/null && break
      echo "$place has no room" >&2; rm -rf "$dir"
    fi
    dir=
  done
  [ -n "$dir" ] || exit 90
  $elevate $bound sh -s -- "$token" "$dir" "$amd_smi" "$right" "$$" "$scan" <<'CALLS' &
${CALLS}
CALLS
fi

${heading("host")}
printf 'right=%s\\namd_smi=%s\\nrefcnt=%s\\n' "$right" "$amd_smi" "$refcnt"
[ "$right" = root ] || printf 'refusal=%s\\n' "\${refusal##*
}"
printf 'amd_smi_others=%s\\namd_smi_weak=%s\\n' "$amd_smi_others" "$amd_smi_weak"
for pod in /var/log/pods/*_*config-manager-*; do [ ! -d "$pod" ] || printf 'owner_pod=%s\\n' "\${pod##*/}"; done
kernel=; read -r kernel </proc/sys/kernel/osrelease; printf 'kernel=%s\\n' "$kernel"
for file in /etc/machine-id /proc/sys/kernel/random/boot_id /sys/module/amdgpu/version; do
  value=; [ -r "$file" ] && read -r value <"$file"
  printf '%s=%s\\n' "\${file##*/}" "$value"
done
# The last value is the version of a packaged driver, whose source DKMS keeps.
sources=; case $value in ${PACKAGES_IN_DOUBT})
  for file in /usr/src/amdgpu-"$value"-*/amd/amdkfd/kfd_priv.h; do [ ! -r "$file" ] || sources="$sources $file"; done ;;
esac
if [ -n "$sources" ]; then
  lock=; for count in $(grep -hc ${DRIVER_LOCK} $sources); do
    one=yes; [ "$count" != 0 ] || one=no
    case $lock in '' | "$one") lock=$one ;; *) lock=both ;; esac
  done
  echo "driver_lock=$lock"
fi
case "$(grep -sm1 '^flags' /proc/cpuinfo) " in *' hypervisor '*) echo hypervisor=yes ;; esac
if [ "$right" = none ] && [ -d ${HOST_RECORD_DIRECTORY} ]; then
  [ -x ${HOST_RECORD_DIRECTORY} ] && { [ ! -e ${HOST_RECORD_PATH} ] || [ -r ${HOST_RECORD_PATH} ]; } || echo record=unreadable
fi
command -v flock >/dev/null && echo flock=yes
command -v modprobe >/dev/null || echo modprobe=no
if [ -d /sys/module/amdgpu ]; then
  module=built-in; [ ! -e /sys/module/amdgpu/initstate ] || module=module
  echo "module=$module"
  users=; for file in /sys/module/amdgpu/holders/*; do [ ! -e "$file" ] || users="$users \${file##*/}"; done
  echo "module_users=$users"
fi
value=; read -r value 2>/dev/null </sys/class/graphics/fb0/name
case $value in *amdgpu*) echo console=fb0 ;; esac

[ -z "$uids" ] || { ${heading("users")}; getent passwd $uids; }

${heading("record")}
if [ -e ${HOST_RECORD_PATH} ] || [ -n "$elevate" ]; then $elevate cat ${HOST_RECORD_PATH} 2>/dev/null; fi

cd /sys/class/drm 2>/dev/null && {
  ${heading("cards")}
  grep -sH '' card[0-9]*/device/uevent card[0-9]*/device/vendor card[0-9]*/device/device \\
    card[0-9]*/device/current_compute_partition card[0-9]*/device/available_compute_partition \\
    card[0-9]*/device/current_memory_partition card[0-9]*/device/available_memory_partition \\
    card[0-9]*/device/mem_info_vram_total card[0-9]*/device/compute_partition_mem_alloc_mode
}

cd /sys/bus/pci/devices 2>/dev/null && {
  ${heading("pci")}
  apus=
  for address in *; do
    vendor=; read -r vendor 2>/dev/null <"$address/vendor"
    [ "$vendor" = 0x1002 ] || continue
    # A virtual function on the host that made it belongs to a guest.
    [ ! -e "$address/physfn" ] || continue
    class=; read -r class <"$address/class"; device=; read -r device <"$address/device"
    driver=; while IFS='=' read -r key value; do [ "$key" != DRIVER ] || { driver=$value; break; }; done 2>/dev/null <"$address/uevent"
    echo "$address $class $device $driver"
    case $device in ${APU_IDS.join(" | ")})
      node=; read -r node 2>/dev/null <"$address/numa_node"; apus="\${apus}gpu:$address $node
" ;; esac
  done
  ${heading("drm-nodes")}
  echo */drm/*
  cd /sys/devices/platform 2>/dev/null && echo amdgpu_xcp*/drm/*
}
[ -z "$apus" ] || {
  ${heading("host-memory")}
  printf %s "$apus"
${READ_HOST_MEMORY}}

${heading("boot")}
${READ_BOOT_UNITS}
${heading("drm")}
for file in /dev/dri/renderD*; do [ -e "$file" ] && echo "\${file##*/}"; done
getent group render video 2>/dev/null

cd /sys/class/kfd/kfd/topology/nodes 2>/dev/null && {
  ${heading("nodes")}
  grep -sHE '^(${NODE_LINES}) |^[0-9]+$' [0-9]*/properties [0-9]*/gpu_id [0-9]*/mem_banks/[0-9]*/properties
}

if [ -n "$dir" ]; then
  wait
  cat ${ANSWERS} "$dir/root" 2>/dev/null
fi
exit 0
`;
