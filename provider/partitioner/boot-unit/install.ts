import { HostCommandError } from "../../change-errors.ts";
import { BOOT_SCRIPT_DIRECTORY, UNIT_DIRECTORY } from "../../detection/parse/boot-units.ts";
import type { CommandResult } from "../../remote/executor.ts";
import type { HostAsRoot } from "../host-as-root.ts";
import { type BootFiles, unitNameOf } from "./boot-files.ts";

const LIMIT_MS = 60_000;

/** Both files complete before they take their names, the script first: a boot in between finds what was there before. */
const INSTALL_SCRIPT = `
set -e
umask 022
unit=$1 script=$2 unit_file=${UNIT_DIRECTORY}/$1
mkdir -p ${BOOT_SCRIPT_DIRECTORY} ${UNIT_DIRECTORY}
trap 'rm -f "$script.new" "$unit_file.new"' EXIT
printf %s "$4" >"$script.new"
printf %s "$3" >"$unit_file.new"
sync "$script.new" "$unit_file.new" 2>/dev/null || sync
mv -f "$script.new" "$script"
mv -f "$unit_file.new" "$unit_file"
systemctl daemon-reload
systemctl reenable "$unit" >/dev/null
systemctl is-enabled "$unit"
`;

const REMOVE_SCRIPT = `
set -e
unit=$1 script=$2
[ ! -e "${UNIT_DIRECTORY}/$unit" ] || systemctl disable "$unit" >/dev/null
rm -f "${UNIT_DIRECTORY}/$unit" "${UNIT_DIRECTORY}"/*.wants/"$unit" "$script"
rmdir ${BOOT_SCRIPT_DIRECTORY} 2>/dev/null || :
systemctl daemon-reload
`;

const paths = (name: string): readonly string[] => [unitNameOf(name), `${BOOT_SCRIPT_DIRECTORY}/${name}.sh`];

/** @throws HostCommandError with what the host reported, unless systemd says that the unit is enabled */
export async function installBootUnit(host: HostAsRoot, files: BootFiles): Promise<void> {
  const args = [...paths(files.name), files.unit, files.script];
  const result = await host.run({ script: INSTALL_SCRIPT, args }, LIMIT_MS);
  if (result.code !== 0 || result.stdout.trim() !== "enabled")
    throw failure(host, "install", files.name, result);
}

export async function removeBootUnit(host: HostAsRoot, name: string): Promise<void> {
  const result = await host.run({ script: REMOVE_SCRIPT, args: paths(name) }, LIMIT_MS);
  if (result.code !== 0) throw failure(host, "remove", name, result);
}

const failure = (host: HostAsRoot, verb: string, name: string, result: CommandResult): Error =>
  new HostCommandError(
    host.target,
    `could not ${verb} ${unitNameOf(name)}: ${result.stderr.trim() || result.stdout.trim() || `exit ${result.code}`}`,
  );
