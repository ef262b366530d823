import { READ_COMMANDS, type ReadCommand } from "../../amd-smi/commands.ts";

/** Every section of the probe's output, and what its text is: the one table that the script and the parser share. */
const TEXTS = {
  /** Lines of `line` in describe-process.ts: processes that KFD lists, with the ids of their KFD nodes. */
  gpuProcesses: "lines",
  /** "<pid>/vram_<KFD id>:<bytes>". */
  vram: "lines",
  /** "name=value". */
  host: "lines",
  /** passwd(5), of the users of `gpuProcesses`. */
  users: "lines",
  record: "document",
  /** "card1/device/<file>:<line>". */
  cards: "lines",
  /** Address, class, device id and driver of each AMD device on the PCI bus. */
  pci: "lines",
  /** Of APUs: see host-memory.ts. */
  "host-memory": "lines",
  /** "<device>/drm/<node>", separated by spaces. */
  "drm-nodes": "lines",
  /** Units of a declaration that persists: see boot-units.ts. */
  boot: "lines",
  /** Render nodes that exist, and group(5) of render and video. */
  drm: "lines",
  /** "<node>/<file>:<line>" of KFD's topology. */
  nodes: "lines",
  ...(Object.fromEntries(Object.keys(READ_COMMANDS).map((name) => [name, "document"])) as Record<
    ReadCommand,
    "document"
  >),
  /** Open device files, twice: with the name that the process uses, and with the number of the device. */
  opened: "lines",
  /** As `gpuProcesses`, of the processes of `opened`. */
  openers: "lines",
  "opener-users": "lines",
  /** Lines of amdgpu in the kernel's log. */
  log: "lines",
} as const satisfies Readonly<Record<string, "lines" | "document">>;

export type SectionName = keyof typeof TEXTS;

export const isSection = (name: string): name is SectionName => Object.hasOwn(TEXTS, name);

/** JSON, whose strings are made plain where they are read; the record is written back as it is. */
export const isDocument = (name: SectionName): boolean => TEXTS[name] === "document";

/** The line of the script that begins a section. `heading` is a function of the script. @param code exit status, in words of the shell */
export const heading = (name: SectionName, code: string | number = 0): string => `heading ${name} ${code}`;
