/** Where a declaration that persists keeps what a boot needs: readable by everybody, so that an observation needs no privilege to see it. */
export const BOOT_SCRIPT_DIRECTORY = "/etc/pulumi-amd-gpu";
export const UNIT_DIRECTORY = "/etc/systemd/system";
export const BOOT_TARGET = "multi-user.target";
export const UNIT_PREFIX = "pulumi-amd-gpu-";

/** A systemd unit of this package that the next boot runs. */
export interface BootUnit {
  /** Names the declaration it belongs to. */
  readonly name: string;
  /** Of its text and its script's; empty when the two do not belong together. */
  readonly digest: string;
}

/**
 * For the probe: one line for each unit that is enabled, with the digests that it and its script begin with. Builtins only: two
 * small reads where there is one, none where there is none.
 */
export const READ_BOOT_UNITS = `
for unit in ${UNIT_DIRECTORY}/${BOOT_TARGET}.wants/${UNIT_PREFIX}*.service; do
  [ -r "$unit" ] || continue
  name=\${unit##*/${UNIT_PREFIX}}; name=\${name%.service}
  digest=; read -r _ digest <"$unit"
  script=; { read -r _; read -r _ script; } 2>/dev/null <"${BOOT_SCRIPT_DIRECTORY}/$name.sh"
  printf '%s\\t%s\\t%s\\n' "$name" "$digest" "$script"
done
`;

export const parseBootUnits = (text: string): readonly BootUnit[] =>
  text
    .split("\n")
    .map((line) => line.split("\t"))
    .flatMap(([name = "", digest = "", script]) =>
      script === undefined ? [] : [{ name, digest: digest === script ? digest : "" }],
    );
