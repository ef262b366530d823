import type { Device } from "../devices.ts";
import { devicesOf } from "../devices.ts";
import type { Release } from "../release.ts";
import type { NodeState } from "../state.ts";
import { RELEASES } from "../versions.ts";
import type { CliError } from "./errors.ts";
import { uuidOfDevice } from "./identity.ts";

export type CommandName =
  | "version"
  | "list"
  | "static"
  | "metric"
  | "process"
  | "partition"
  | "set"
  | "reset";

/** A command line that the parser accepted. */
export interface ParsedArguments {
  readonly command: CommandName;
  readonly argv: readonly string[];
  /** In the order given; all devices when -g is absent. */
  readonly devices: readonly Device[];
  readonly gpuOption: "given" | "absent";
  /** Canonical option name → its value, "" for a flag. */
  readonly options: ReadonlyMap<string, string>;
  readonly format: "json" | "text";
}

interface OptionSpecification {
  readonly name: string;
  readonly value: "none" | "one";
}

const flags = (...spellings: readonly string[]): readonly [string, OptionSpecification][] =>
  spellings.flatMap((both) => {
    const [name = "", ...short] = both.split(" ");
    return [name, ...short].map((spelling): [string, OptionSpecification] => [
      spelling,
      { name, value: "none" },
    ]);
  });

const valued = (name: string, ...spellings: readonly string[]): readonly [string, OptionSpecification][] =>
  [name, ...spellings].map((spelling) => [spelling, { name, value: "one" }]);

const COMMANDS: readonly CommandName[] = [
  "version",
  "list",
  "static",
  "metric",
  "process",
  "partition",
  "set",
  "reset",
];

/** Options of a command in this release and on this kind of host. */
function specificationOf(
  command: CommandName,
  release: Release,
  state: NodeState,
): ReadonlyMap<string, OptionSpecification> {
  const bareMetal = state.platform === "bare-metal";
  const options: (readonly [string, OptionSpecification])[] = [];
  switch (command) {
    case "list":
      if (release.list !== "bdf" && release.list !== "nodes") options.push(...flags("-e"));
      break;
    case "static":
      options.push(...flags("--asic -a", "--driver -d", "--vram -v", "--partition -p"));
      if (bareMetal) options.push(...flags("--limit -l", "--numa -u"));
      break;
    case "metric":
      options.push(...flags("--mem-usage -m"));
      break;
    case "partition":
      options.push(...flags("--current -c", "--memory -m", "--accelerator -a"));
      break;
    case "set":
      if (!bareMetal) break;
      options.push(...valued("--compute-partition", "-C"), ...valued("--memory-partition", "-M"));
      if (release.set.allocationMode === "present") {
        options.push(["--accelerator-partition", { name: "--compute-partition", value: "one" }]);
        options.push(...valued("--compute-partition-mem-alloc-mode"));
      }
      break;
    case "reset":
      if (!bareMetal) break;
      if (release.reset.reload === "present") options.push(...flags("--reload-driver -r"));
      if (release.reset.partitions === "present") {
        options.push(...flags("--compute-partition -C", "--memory-partition -M"));
      }
      break;
    case "version":
    case "process":
      break;
  }
  return new Map(options);
}

/** Left to right, as argparse does it: the first thing wrong is what the caller is told. */
export function parseArguments(state: NodeState, argv: readonly string[]): ParsedArguments | CliError {
  const release = RELEASES[state.rocm];
  const name = argv[0] ?? "";
  const command = COMMANDS.find((one) => one === name);
  if (command === undefined || (command === "partition" && release.partition === "absent")) {
    return { is: "unknown-command", command: name };
  }
  const known = specificationOf(command, release, state);
  const options = new Map<string, string>();
  const all = devicesOf(state);
  let devices: readonly Device[] | undefined;
  let format: "json" | "text" = "text";
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--json") {
      format = "json";
      continue;
    }
    if ((word === "-g" || word === "--gpu") && command !== "version") {
      const named: Device[] = [];
      while (at + 1 < argv.length && !argv[at + 1]?.startsWith("-")) {
        const wanted = argv[++at] ?? "";
        const found = wanted === "all" ? all : all.filter((device) => isCalled(state, device, wanted));
        if (found.length === 0) return { is: "unknown-device", device: wanted };
        named.push(...(wanted === "all" ? found : found.slice(0, 1)));
      }
      devices = named;
      continue;
    }
    const option = known.get(word);
    if (option === undefined) return { is: "unknown-parameter", command, parameter: word };
    options.set(option.name, option.value === "one" ? (argv[++at] ?? "") : "");
  }
  return { command, argv, devices: devices ?? all, gpuOption: devices ? "given" : "absent", options, format };
}

const isCalled = (state: NodeState, device: Device, name: string): boolean =>
  name === String(device.index) ||
  name.toLowerCase() === device.bdf ||
  name.toLowerCase() === uuidOfDevice(state, device);
