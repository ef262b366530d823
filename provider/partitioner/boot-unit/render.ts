import { FIND_AMD_SMI } from "../../amd-smi/find.ts";
import { BOOT_SCRIPT_DIRECTORY, BOOT_TARGET } from "../../detection/parse/boot-units.ts";
import { HOST_LOCK_PATH, HOST_RECORD_DIRECTORY } from "../../host-record/path.ts";
import type { DesiredModes } from "../plan/desired.ts";
import type { ChangePolicy } from "../refuse/refuse.ts";
import { type BootFiles, bootUnitName, digestOf } from "./boot-files.ts";

/** Seconds a boot waits for the GPUs, and for a change that is under way. */
const WAIT_SECONDS = 300;

export interface BootRequest extends Pick<ChangePolicy, "ownKey" | "services" | "driverReload"> {
  /** Where amd-smi is. @default each boot searches for it, by the rule of the probe */
  readonly amdSmiPath?: string | undefined;
}

export function bootFiles(
  desired: DesiredModes,
  { ownKey: key, services, driverReload, amdSmiPath }: BootRequest,
): BootFiles {
  const name = bootUnitName(key);
  // Only where GPUs of several hives are declared is another than the first to be asked: a boot leaves all in NPS1.
  const several = new Set([...desired.values()].map((pair) => pair.memory)).size > 1;
  const [first, { memory } = { memory: "NPS1" }] =
    (several ? [...desired].find(([, pair]) => pair.memory !== "NPS1") : [...desired][0]) ?? [];
  const table = [...desired].map(([gpu, { compute }]) => `${gpu} ${compute}`).join("\n");
  const script = scriptOf({
    key,
    memory,
    first: several ? first : undefined,
    table,
    driverReload,
    amdSmiPath,
  });
  const unit = unitOf({ key, name, services });
  const digest = digestOf(`${unit}\0${script}`);
  return {
    name,
    digest,
    unit: `# ${digest}\n${unit}`,
    script: `#!/bin/sh\n# ${digest}\n${script}`,
  };
}

/** Neither a line of its own nor a specifier of systemd. */
const oneLine = (text: string): string => text.replaceAll(/[\r\n]/g, " ");

function unitOf(of: {
  readonly key: string;
  readonly name: string;
  readonly services: readonly string[];
}): string {
  const before = of.services.map((service) => (service.includes(".") ? service : `${service}.service`));
  const script = `${BOOT_SCRIPT_DIRECTORY}/${of.name}.sh`;
  return `[Unit]
Description=GPU modes declared by ${oneLine(of.key).replaceAll("%", "%%")} (pulumi-amd-gpu)
After=local-fs.target systemd-modules-load.service
${before.length > 0 ? `Before=${before.join(" ")}\n` : ""}ConditionPathExists=${script}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${script}
TimeoutStartSec=${WAIT_SECONDS * 4}

[Install]
WantedBy=${BOOT_TARGET}
`;
}

/** In the words of the shell: what stands before the first space. */
const FIRST_OF_TABLE = `\${modes%% *}`;

/**
 * What is right already is left alone. A memory mode that the boot has lost is set before anything can use a GPU, and never by
 * unloading a driver that is in use; without it, compute modes that the present one allows are set all the same.
 */
const scriptOf = (of: {
  readonly key: string;
  readonly memory: string;
  /** GPU that is asked for its memory mode, and given it. @default the first of the table */
  readonly first: string | undefined;
  readonly table: string;
  readonly driverReload: ChangePolicy["driverReload"];
  readonly amdSmiPath: string | undefined;
}): string => `# GPU modes declared by ${oneLine(of.key)}. Written by pulumi-amd-gpu, and removed with the declaration.
LC_ALL=C; export LC_ALL
PATH="$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin"; export PATH
unset ROCM_PATH ROCM_HOME PYTHONPATH
wanted=${of.amdSmiPath ?? ""} right=root
memory=${of.memory}
reload=${of.driverReload}
modes='${of.table}'
failed=0
say() { echo "pulumi-amd-gpu: $*"; }
complain() { say "$*"; failed=1; }
mode() { value=; read -r value 2>/dev/null <"/sys/bus/pci/devices/$1/current_$2_partition"; [ -n "$value" ]; }
# Cut off, a call could go on changing modes: it is bounded and then killed.
smi() { printf 'Y\\n' | timeout -k 5 300 "$amd_smi" set -g "$@" --json 2>&1; }
# Who has /dev/kfd open: depending on the driver any of them blocks a compute mode, whatever GPU it uses.
users() {
  list=
  for process in /sys/class/kfd/kfd/proc/[0-9]*; do
    [ -d "$process" ] || continue
    name=; read -r name 2>/dev/null <"/proc/\${process##*/}/comm"
    list="$list \${name:-unknown}(\${process##*/})"
  done
  [ -z "$list" ] || printf '; processes with /dev/kfd open:%s' "$list"
}
await_gpus() {
  left=${WAIT_SECONDS}
  while :; do
    absent=
    while read -r gpu _; do mode "$gpu" compute || absent="$absent $gpu"; done <<MODES
$modes
MODES
    [ -n "$absent" ] || return 0
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1)); sleep 1
  done
}

umask 077; mkdir -p ${HOST_RECORD_DIRECTORY}; exec 9>>${HOST_LOCK_PATH}; umask 022
flock -w ${WAIT_SECONDS} 9 || { say "a Pulumi run is changing the host; no modes were set"; exit 1; }
${FIND_AMD_SMI}
if [ -z "$amd_smi" ]; then say "no amd-smi that root may run was found\${amd_smi_weak:+:$amd_smi_weak}"; exit 1; fi
await_gpus || complain "these GPUs did not appear within ${WAIT_SECONDS} s:$absent"

first=${of.first ?? FIRST_OF_TABLE}
mode "$first" memory; found=$value
if [ -n "$found" ] && [ "$found" != "$memory" ]; then
  if [ "$reload" != allow ]; then complain "memory mode is $found, not $memory, and driverReload is refuse"
  else
    say "memory mode is $found: setting $memory, and reloading the driver"
    answer=$(smi "$first" -M "$memory") || :
    mode "$first" memory
    [ "$value" = "$memory" ] || { modprobe -r amdgpu && modprobe amdgpu; } || complain "the driver did not reload"
    await_gpus || complain "these GPUs did not come back after the reload:$absent"
    mode "$first" memory
    [ "$value" = "$memory" ] || complain "memory mode is still $value: $answer"
  fi
fi

while read -r gpu compute; do
  mode "$gpu" compute || continue
  if [ "$value" = "$compute" ]; then say "$gpu is $compute already"; continue; fi
  answer=$(smi "$gpu" -C "$compute") || :
  mode "$gpu" compute
  if [ "$value" = "$compute" ]; then say "$gpu is $compute now"
  else complain "$gpu is $value instead of $compute: $answer$(users)"; fi
done <<MODES
$modes
MODES
exit "$failed"
`;
