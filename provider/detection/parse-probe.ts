import { createHash } from "node:crypto";

import { ProbeOutputError } from "../host-errors.ts";
import { HOST_RECORD_PATH } from "../host-record/path.ts";
import { parseHostRecord } from "../host-record/record.ts";
import { assembleGpus } from "./assemble/assemble.ts";
import { parseDriverModule } from "./assemble/driver-module.ts";
import { drmLimitOf } from "./assemble/drm-limit.ts";
import { isGuest } from "./assemble/guest.ts";
import { missingGpus, missingMessages } from "./assemble/missing-gpus.ts";
import { detectionMessages } from "./messages.ts";
import type { HostObservation } from "./observation.ts";
import { capacityOf } from "./parse/allocation-mode.ts";
import { parseBootUnits } from "./parse/boot-units.ts";
import { parseDrmNodes } from "./parse/drm-nodes.ts";
import { parseGpuProcesses } from "./parse/gpu-processes.ts";
import { parseHostMemory } from "./parse/host-memory.ts";
import { parseKfdNodes } from "./parse/kfd.ts";
import { oncePerText } from "./parse/once-per-text.ts";
import { parseCards } from "./parse/partition-files.ts";
import { parsePciDevices } from "./parse/pci.ts";
import { readAmdSmi } from "./parse/read-amd-smi.ts";
import { assertAtMost, parsePairs, splitSections } from "./parse/sections.ts";
import type { SectionName } from "./probe/sections.ts";

/** Linux gives a host at most 512 render nodes, one for each logical device. */
const MOST_DEVICES = 1024;

/** What is known of an observation besides what it printed. */
export interface ProbeContext {
  /** Where the user says that amd-smi is. @default it was searched for */
  readonly wanted?: string | undefined;
  /** What the probe wrote to stderr. @default nothing */
  readonly complaints?: string;
}

const readCards = oncePerText(parseCards);
const readDrmNodes = oncePerText(parseDrmNodes);

/**
 * What the probe of one host printed, in our own words. A tool that fails or says nothing is a finding; a probe that broke
 * off, a record we cannot read or a JSON document cut in the middle is an error.
 *
 */
export function parseProbe(
  output: string,
  token: string,
  target: string,
  { wanted, complaints = "" }: ProbeContext = {},
): HostObservation {
  const sections = splitSections(output, token, target);
  const text = (name: SectionName): string => sections.get(name)?.text ?? "";
  const host = parsePairs(text("host"));
  const machineId = host.get("machine-id");
  if (!sections.has("record") || !sections.has("drm"))
    throw new ProbeOutputError(target, "the output of the probe is incomplete", output);
  if (!machineId)
    throw new ProbeOutputError(target, "the host has no /etc/machine-id, so it cannot be identified", output);

  const smi = readAmdSmi(sections, host, wanted, complaints);
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
    shared: parseHostMemory(text("host-memory")),
  });
  const renderNodes = new Set(
    text("drm")
      .split("\n")
      .filter((line) => line.startsWith("renderD")),
  );
  const drm = readDrmNodes(text("drm-nodes"));
  const driverModule = parseDriverModule(host, text("log"));
  const shown = new Set(gpus.map((gpu) => gpu.gpu));
  assertAtMost(MOST_DEVICES * 4, "DRM nodes", drm.length, target);
  const pci = parsePciDevices(text("pci"));
  assertAtMost(MOST_DEVICES, "AMD accelerators", pci.length, target);
  const missing = missingGpus(pci, shown, driverModule, text("log"));
  const owner = host.get("owner_pod");
  const gpuProcesses = parseGpuProcesses({
    listed: text("gpuProcesses"),
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
    missingGpus: missing,
    ...(owner !== undefined && { owner: { pod: owner } }),
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
    gpuProcesses,
    processesSeen: sections.has("opened") || host.get("refcnt") === "0" ? "all" : "kfd",
    driverModule,
    drm: drmLimitOf(drm, cards),
    groups: { render: groupId(text("drm"), "render"), video: groupId(text("drm"), "video") },
    ...(bootUnits.length > 0 && { bootUnits }),
    record: parseHostRecord(text("record"), `${HOST_RECORD_PATH} on ${target}`),
    problems: [
      ...smi.problems,
      ...sudoProblems(host.get("refusal") ?? ""),
      ...problems,
      // Where all are missing, they are the reason why nothing can be done, and said as that.
      ...(gpus.length > 0 ? missingMessages(missing).map((message) => message.text) : []),
      ...missingTools(host),
      ...(host.get("record") === "unreadable"
        ? [detectionMessages["record-unreadable"]({ path: HOST_RECORD_PATH }).text]
        : []),
    ],
  };
}

/** The record of a host is locked with it: better known in preview than when the host is to be changed. */
const missingTools = (host: ReadonlyMap<string, string>): readonly string[] =>
  host.get("flock") === "yes" ? [] : ["flock, which locks the host record, is missing; install util-linux"];

/** machine-id(5) asks not to show the id itself: a keyed hash is as stable and says nothing about it. */
export const hostIdOf = (machineId: string): string =>
  `host-${createHash("sha256").update("pulumi-amd-gpu\0").update(machineId.trim()).digest("hex").slice(0, 16)}`;

function groupId(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:[^:]*:(\\d+):`, "m").exec(text);
  return match ? Number(match[1]) : undefined;
}

/** Where sudo is not there, or wants a password, or has no rule for the user, all is said by the right that is missing. */
const EXPECTED_REFUSAL =
  /a password is required|not in the sudoers|not allowed|may not run|not found|Permission denied|^$/;

const sudoProblems = (said: string): readonly string[] =>
  EXPECTED_REFUSAL.test(said) ? [] : [detectionMessages["sudo-broken"]({ said }).text];
