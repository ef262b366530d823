import { type Bytes, formatBytes, sumBytes } from "../../bytes.ts";
import type { GpuProcess } from "../../detection/observation.ts";
import { describeGroup } from "../../detection/parse/process-group.ts";
import { counted } from "../../message.ts";
import type {
  DescribedDevice,
  DescribedDomain,
  DescribedGpu,
  HostDescription,
} from "../../standalone/describe.ts";
import { bar } from "./bar.ts";
import { capabilityLine } from "./capability.ts";
import { type Line, type Part, span } from "./line.ts";
import { table } from "./table.ts";

const BAR = 12;

/** A host as text: what it is, then a row for each device, then what a person should know. */
export function descriptionLines(description: HostDescription): readonly Line[] {
  const { hostId, gpus, processes, owners, drift, problems, capability } = description;
  return [
    [span("heading", hostId), `: ${kindsOf(gpus)}`],
    capabilityLine(capability),
    ...versionLines(description),
    ...section("", gpuTable(gpus)),
    ...section("", totals(gpus)),
    ...section(
      "DECLARATIONS",
      owners.map(({ key, gpus: owned, change, atBoot }) => [
        `${key}: ${counted(owned.length, "GPU")}${atBoot === "installed" ? ", set at boot" : ""}${change === "unfinished" ? ", its change is unfinished" : ""}`,
      ]),
    ),
    ...section("PROCESSES", processes.map(processLine)),
    ...section(
      "MISSING",
      description.missingGpus.map(({ gpu, accelerator, cause }) => [
        span("bad", gpu),
        `${accelerator === undefined ? "" : ` ${accelerator}`}: ${cause.kind === "other-driver" ? `bound to the driver ${cause.driver}` : "the amdgpu driver does not show it"}`,
      ]),
    ),
    ...section(
      "DRIFT",
      drift.map((sentence) => [span("warning", sentence)]),
    ),
    ...section(
      "PROBLEMS",
      problems.map((sentence) => [span("warning", sentence)]),
    ),
  ];
}

/** Nothing where it has no lines. */
const section = (title: string, lines: readonly Line[]): readonly Line[] =>
  lines.length === 0 ? [] : [[], ...(title === "" ? [] : [[span("dim", title)]]), ...lines];

function kindsOf(gpus: readonly DescribedGpu[]): string {
  if (gpus.length === 0) return "no AMD GPU";
  const kinds = new Map<string, number>();
  for (const { accelerator } of gpus) kinds.set(accelerator, (kinds.get(accelerator) ?? 0) + 1);
  return [...kinds].map(([name, count]) => `${count} x ${name}`).join(", ");
}

const NAMES = { amdSmi: "amd-smi", rocm: "ROCm", driver: "amdgpu", kernel: "Linux" } as const;

function versionLines({ versions }: HostDescription): readonly Line[] {
  const known = (Object.keys(NAMES) as (keyof typeof NAMES)[]).flatMap((name) =>
    versions[name] === undefined ? [] : [`${NAMES[name]} ${versions[name]}`],
  );
  return known.length === 0 ? [] : [[known.join(", ")]];
}

const gpuTable = (gpus: readonly DescribedGpu[]): readonly Line[] =>
  table(
    [
      { title: "GPU" },
      { title: "MODES" },
      { title: "DOMAIN" },
      { title: "DEVICE" },
      { title: "USED" },
      { title: "FREE", align: "right" },
      { title: "OF", align: "right" },
      { title: "MODELS" },
    ],
    gpus.flatMap(gpuRows),
  );

function gpuRows(gpu: DescribedGpu): readonly (readonly Part[])[] {
  const rows = gpu.domains.flatMap(domainRows);
  const [first = ["", "", "", "", formatBytes(gpu.memory), ""], ...others] = rows;
  return [
    [span("heading", gpu.id), gpu.modes ?? "no modes", ...first],
    ...others.map((row) => ["", "", ...row]),
  ];
}

const domainRows = ({ id, devices }: DescribedDomain): readonly (readonly Part[])[] =>
  devices.map((device, number) => [number === 0 ? (id.split("/")[1] ?? id) : "", ...deviceCells(device)]);

function deviceCells(device: DescribedDevice): readonly Part[] {
  const { id, capacity, reserved, unreserved, free, models } = device;
  return [
    id,
    span(device.renderNode === null ? "bad" : "dim", bar(capacity, reserved, unreserved, BAR)),
    formatBytes(free),
    formatBytes(capacity),
    [
      ...models.map(({ key, model, bytes }) => `${key}: ${model}, ${formatBytes(bytes)}`),
      ...(unreserved > 0 ? [`${formatBytes(unreserved)} without a reservation`] : []),
    ].join("; "),
  ];
}

function totals(gpus: readonly DescribedGpu[]): readonly Line[] {
  const devices = gpus.flatMap((gpu) => gpu.domains.flatMap((domain) => domain.devices));
  if (devices.length === 0) return [];
  const sum = (of: (device: DescribedDevice) => Bytes): string => formatBytes(sumBytes(devices.map(of)));
  return [
    [
      `${counted(devices.length, "device")}: ${sum((one) => one.reserved)} reserved, ${sum((one) => one.free)} free of ${sum((one) => one.capacity)}`,
    ],
  ];
}

const processLine = ({ pid, name, user, gpus, group }: GpuProcess): Line => [
  `pid ${pid} ${name}${user === undefined ? "" : `, user ${user}`}${group ? `, ${describeGroup(group)}` : ""}: ${gpus.length === 0 ? "any GPU" : gpus.join(", ")}`,
];
