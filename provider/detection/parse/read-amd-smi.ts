import type { ReadCommand } from "../../amd-smi/commands.ts";
import { generationOf, NEWEST_KNOWN } from "../../amd-smi/generation.ts";
import {
  isUnknownCommand,
  type ListedDevice,
  parseList,
  parsePartition,
  parseStatic,
  parseVersion,
  type PartitionReport,
  type StaticDevice,
  type VersionReport,
} from "../../amd-smi/report.ts";
import { lastLine } from "../../plain-text.ts";
import { detectionMessages } from "../messages.ts";
import type { AmdSmiState } from "../observation.ts";
import { HANGS } from "../probe/script.ts";
import { oncePerText } from "./once-per-text.ts";
import type { Sections } from "./sections.ts";

const readPartition = oncePerText(parsePartition);

/** What the calls of amd-smi in one observation printed. */
export interface AmdSmiReading {
  readonly state: AmdSmiState;
  readonly version: VersionReport | undefined;
  readonly list: readonly ListedDevice[];
  readonly rows: readonly StaticDevice[];
  readonly partition: PartitionReport;
  readonly problems: readonly string[];
}

/** Working = it says its version and its list of devices. The other commands are missing in some versions. */
export function readAmdSmi(
  sections: Sections,
  host: ReadonlyMap<string, string>,
  wanted: string | undefined,
  stderr: string,
): AmdSmiReading {
  const nothing: PartitionReport = { profiles: new Map(), memoryModes: new Map() };
  const empty = { version: undefined, list: [], rows: [], partition: nothing };
  const { path, others, weak } = foundAmdSmi(host);
  if (path === "") {
    const [untrusted] = weak;
    const absent = { state: "absent", ...(wanted !== undefined && { path: wanted }) } as const;
    const state = untrusted ? ({ state: "untrusted", ...untrusted } as const) : absent;
    return { ...empty, state, problems: [] };
  }
  const problems: string[] = [
    ...weak.map((one) => detectionMessages["amd-smi-skipped"](one).text),
    ...(others.length > 0 ? [detectionMessages["amd-smi-others"]({ used: path, others }).text] : []),
  ];
  const complaints: string[] = [];
  const read = <T>(command: ReadCommand, parse: (text: string) => T): T | undefined => {
    const section = sections.get(command);
    try {
      return section && parse(section.text);
    } catch (error) {
      complaints.push(section?.code === HANGS ? `\`amd-smi ${command}\` hangs` : (error as Error).message);
      return undefined;
    }
  };
  const version = read("version", parseVersion);
  const list = read("list", parseList);
  if (!version || !list) {
    return {
      ...empty,
      version,
      state: { state: "failing", path, reason: complaints[0] ?? silence(sections, stderr) },
      problems: [...complaints, ...problems],
    };
  }
  // `partition` came with ROCm 6.3. What it would have said is then simply not known.
  const hasPartition = !isUnknownCommand(sections.get("partition")?.text ?? "");
  return {
    state: { state: "working", path, others },
    version,
    list,
    rows: read("static", parseStatic) ?? [],
    partition: (hasPartition ? read("partition", readPartition) : undefined) ?? nothing,
    problems: [...complaints, ...problems, ...newerTool(version.library)],
  };
}

/** Without a heading of its own amd-smi was not even called: sudo, or a full disk, kept the calls away. */
function silence(sections: Sections, stderr: string): string {
  const said = lastLine(stderr);
  if (sections.has("version") || said === "") return "amd-smi printed nothing";
  if (said.startsWith("sudo: ")) return detectionMessages["sudo-refuses"]({ said }).text;
  if (NOT_EXECUTED.test(said)) return detectionMessages["sudo-without-exec"]({ said }).text;
  return `it was not started: ${said}`;
}

/** What `timeout` says of a program that it finds and may not run; as root that is NOEXEC in sudoers, or no other thing. */
const NOT_EXECUTED = /^timeout: failed to run command .*: Permission denied$/;

/** What the probe says of amd-smi's places: the one that runs, others beside it, and those that root must not run. */
function foundAmdSmi(host: ReadonlyMap<string, string>) {
  const words = (name: string): readonly string[] =>
    (host.get(name) ?? "").split(" ").filter((word) => word !== "");
  const weak = words("amd_smi_weak").map((word) => {
    const [path = "", part = ""] = word.split(":");
    return { path, part };
  });
  return { path: host.get("amd_smi") ?? "", others: words("amd_smi_others"), weak };
}

/** It is treated like the newest one that is known, and what it says is still read back after every change. */
const newerTool = (library: string | undefined): readonly string[] =>
  generationOf(library).known === "newer"
    ? [`amd-smi ${library} is newer than the newest known release (${NEWEST_KNOWN}) and is treated like it`]
    : [];
