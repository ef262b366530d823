import { createHash } from "node:crypto";

import type { ReadCommand } from "../amd-smi/commands.ts";
import { generationOf } from "../amd-smi/generation.ts";
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
} from "../amd-smi/report.ts";
import { HOST_RECORD_PATH } from "../host-record/path.ts";
import { parseHostRecord } from "../host-record/record.ts";
import { lastLine } from "../plain-text.ts";
import { capacityOf } from "./allocation-mode.ts";
import { assembleGpus } from "./assemble.ts";
import { parseBootUnits } from "./boot-units.ts";
import { parseDriverModule } from "./driver-module.ts";
import { drmLimitOf } from "./drm-limit.ts";
import { parseDrmNodes } from "./drm-nodes.ts";
import { isGuest } from "./guest.ts";
import { parseHolders } from "./holders.ts";
import { parseKfdNodes } from "./kfd.ts";
import type { AmdSmiState, HostObservation } from "./observation.ts";
import { oncePerText } from "./once-per-text.ts";
import { parseCards } from "./partition-files.ts";
import { parsePciDevices } from "./pci.ts";
import { HANGS } from "./probe-script.ts";
import { assertAtMost, parsePairs, ProbeOutputError, type Section, splitSections } from "./sections.ts";

/** Linux gives a host at most 512 render nodes, one for each logical device. */
const MOST_DEVICES = 1024;

const readPartition = oncePerText(parsePartition);
const readCards = oncePerText(parseCards);
const readDrmNodes = oncePerText(parseDrmNodes);

/**
 * What the probe of one host printed, in our own words. A tool that fails or says nothing is a finding; a probe that broke
 * off, a record we cannot read or a JSON document cut in the middle is an error.
 *
 * @param complaints what the probe wrote to stderr. @default nothing
 */
export function parseProbe(output: string, token: string, target: string, complaints = ""): HostObservation {
  const sections = splitSections(output, token);
  const text = (name: string): string => sections.get(name)?.text ?? "";
  const host = parsePairs(text("host"));
  const machineId = host.get("machine-id");
  if (!sections.has("record") || !sections.has("drm"))
    throw new ProbeOutputError(target, "the probe broke off", output);
  if (!machineId)
    throw new ProbeOutputError(target, "it has no /etc/machine-id, so it cannot be told from others", output);

  const smi = readAmdSmi(sections, host.get("amd_smi") ?? "", complaints);
  const nodes = parseKfdNodes(text("nodes"));
  const cards = readCards(text("cards"));
  assertAtMost(MOST_DEVICES, "KFD nodes", nodes.length, target);
  assertAtMost(MOST_DEVICES, "DRM cards", cards.length, target);
  const { gpus, problems } = assembleGpus({
    nodes,
    cards,
    list: smi.list,
    rows: smi.rows,
    partition: smi.partition,
  });
  const renderNodes = new Set(
    text("drm")
      .split("\n")
      .filter((line) => line.startsWith("renderD")),
  );
  const drm = readDrmNodes(text("drm-nodes"));
  assertAtMost(MOST_DEVICES * 4, "DRM nodes", drm.length, target);
  const pci = parsePciDevices(text("pci"));
  assertAtMost(MOST_DEVICES, "AMD accelerators", pci.length, target);
  const holders = parseHolders({
    listed: text("holders"),
    openers: text("openers"),
    opened: text("opened"),
    users: `${text("users")}\n${text("opener-users")}`,
    vram: text("vram"),
    nodes,
    drm,
    amd: new Set(cards.flatMap((card) => (card.driver === "amdgpu" ? [card.gpu] : []))),
  });
  const right = host.get("right");
  const bootUnits = parseBootUnits(text("boot"));
  return {
    hostId: hostIdOf(machineId),
    bootId: host.get("boot_id") ?? "",
    right: right === "root" || right === "sudo" ? right : "none",
    amdSmi: smi.state,
    versions: {
      amdSmi: smi.version?.library,
      rocm: smi.version?.rocm,
      // An in-kernel driver has no version file, and amd-smi then prints the whole kernel banner (k8s-device-plugin#157).
      driver: host.get("version") || undefined,
      kernel: host.get("kernel") || undefined,
    },
    guest: isGuest(
      host.get("hypervisor") === "yes" ? "virtual" : "physical",
      [...nodes.map((node) => node.pciDeviceId), ...cards.flatMap((card) => card.pciDeviceId ?? [])],
      cards,
    ),
    gpus,
    undrivenGpus: pci.filter((one) => !gpus.some((gpu) => gpu.gpu === one)),
    devices: nodes.map((node) => ({
      id: node.id,
      gpu: node.gpu,
      partition: node.partition,
      node: node.node,
      capacity: capacityOf(
        node.memory,
        gpus.find((gpu) => gpu.gpu === node.gpu),
        nodes.filter((one) => one.gpu === node.gpu).length,
      ),
      computeUnits: node.computeUnits,
      renderNode: renderNodes.has(`renderD${node.renderMinor}`)
        ? `/dev/dri/renderD${node.renderMinor}`
        : undefined,
    })),
    holders,
    holdersSeen: sections.has("opened") || host.get("refcnt") === "0" ? "all" : "kfd",
    driverModule: parseDriverModule(host, text("log")),
    drm: drmLimitOf(drm, cards),
    groups: { render: groupId(text("drm"), "render"), video: groupId(text("drm"), "video") },
    ...(bootUnits.length > 0 && { bootUnits }),
    record: parseHostRecord(text("record"), `${HOST_RECORD_PATH} on ${target}`),
    problems: [...smi.problems, ...newerTool(smi.version?.library), ...problems, ...missingTools(host)],
  };
}

/** It is treated like the newest one that is known, and what it says is still read back after every change. */
const newerTool = (library: string | undefined): readonly string[] =>
  generationOf(library).known === "newer"
    ? [
        `amd-smi ${library} is newer than any this version was made for (26.5, ROCm 7.14), and is treated like that one`,
      ]
    : [];

/** The record of a host is locked with it: better known in preview than when the host is to be changed. */
const missingTools = (host: ReadonlyMap<string, string>): readonly string[] =>
  host.get("flock") === "yes" ? [] : ["flock is missing, which locks the host record; install util-linux"];

/** machine-id(5) asks not to show the id itself: a keyed hash is as stable and says nothing about it. */
export const hostIdOf = (machineId: string): string =>
  `host-${createHash("sha256").update("pulumi-amd-gpu\0").update(machineId.trim()).digest("hex").slice(0, 16)}`;

interface AmdSmiReading {
  readonly state: AmdSmiState;
  readonly version: VersionReport | undefined;
  readonly list: readonly ListedDevice[];
  readonly rows: readonly StaticDevice[];
  readonly partition: PartitionReport;
  readonly problems: readonly string[];
}

/** Working = it says its version and its list of devices. The other commands are missing in some versions. */
function readAmdSmi(sections: ReadonlyMap<string, Section>, path: string, complaints: string): AmdSmiReading {
  const nothing: PartitionReport = { profiles: new Map(), memoryModes: new Map() };
  const empty = { version: undefined, list: [], rows: [], partition: nothing };
  if (path === "") return { ...empty, state: { state: "absent" }, problems: [] };
  const problems: string[] = [];
  const read = <T>(command: ReadCommand, parse: (text: string) => T): T | undefined => {
    const section = sections.get(command);
    try {
      return section && parse(section.text);
    } catch (error) {
      problems.push(section?.code === HANGS ? `\`amd-smi ${command}\` hangs` : (error as Error).message);
      return undefined;
    }
  };
  const version = read("version", parseVersion);
  const list = read("list", parseList);
  if (!version || !list) {
    return {
      ...empty,
      version,
      state: { state: "failing", reason: problems[0] ?? silence(sections, complaints) },
      problems,
    };
  }
  // `partition` came with ROCm 6.3. What it would have said is then simply not known.
  const hasPartition = !isUnknownCommand(sections.get("partition")?.text ?? "");
  return {
    state: { state: "working" },
    version,
    list,
    rows: read("static", parseStatic) ?? [],
    partition: (hasPartition ? read("partition", readPartition) : undefined) ?? nothing,
    problems,
  };
}

/** Without a heading of its own amd-smi was not even called: sudo, or a full disk, kept the calls away. */
const silence = (sections: ReadonlyMap<string, Section>, complaints: string): string =>
  sections.has("version") || lastLine(complaints) === ""
    ? "amd-smi printed nothing"
    : `it was not called, because ${lastLine(complaints)}`;

function groupId(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:[^:]*:(\\d+):`, "m").exec(text);
  return match ? Number(match[1]) : undefined;
}
