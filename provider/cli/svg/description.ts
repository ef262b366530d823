import { type Bytes, formatBytes, sumBytes } from "../../bytes.ts";
import { counted } from "../../message.ts";
import type {
  DescribedDevice,
  DescribedDomain,
  DescribedGpu,
  HostDescription,
} from "../../standalone/describe.ts";
import { STYLE } from "./style.ts";
import { wrap } from "./wrap.ts";
import { element, xmlText } from "./xml.ts";

const WIDTH = 960;
const MARGIN = 24;
const BAR = { left: 232, width: WIDTH - 232 - MARGIN, height: 34 } as const;
const LINE = 18;

/** Part of a picture, and how high it is. */
interface Block {
  readonly height: number;
  /** Draws it with its upper edge at `top`. */
  readonly draw: (top: number) => readonly string[];
}

/** A host as a picture: a bar for each GPU, to the scale of the largest, divided into memory domains and devices. */
export function descriptionSvg(description: HostDescription): string {
  const { hostId, capability, gpus, drift, problems } = description;
  const largest = Math.max(1, ...gpus.map((gpu) => gpu.memory));
  const blocks: readonly Block[] = [
    textBlock(hostId, "title", { size: 18, gap: 4 }),
    textBlock(`${capability.level}: ${capability.reason}`, "soft"),
    textBlock(summaryOf(gpus), "soft", { gap: 10 }),
    ...gpus.flatMap((gpu) => [gpuBlock(gpu, largest), ...modelLines(gpu)]),
    legend(),
    ...[...drift, ...problems].map((sentence) => textBlock(sentence, "bad")),
  ];
  const height = blocks.reduce((sum, block) => sum + block.height, 2 * MARGIN);
  let top = MARGIN;
  const drawn = blocks.flatMap((block) => {
    const parts = block.draw(top);
    top += block.height;
    return parts;
  });
  const svg = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: "img",
      "aria-labelledby": "title summary",
    },
    [
      element("title", { id: "title" }, [xmlText(`GPUs of ${hostId}`)]),
      element("desc", { id: "summary" }, [xmlText(summaryOf(gpus))]),
      element("style", {}, [STYLE]),
      element("rect", { class: "ground", width: WIDTH, height }),
      ...drawn,
    ],
  );
  return `${svg}\n`;
}

const text = (x: number, y: number, content: string, kind = ""): string =>
  element("text", { x, y, ...(kind !== "" && { class: kind }) }, [xmlText(content)]);

/** Characters of the font that surely have room from here to the right edge. */
const roomAt = (left: number, size: number): number => Math.floor((WIDTH - MARGIN - left) / (size * 0.6));

function textBlock(content: string, kind: string, { left = MARGIN, size = 12, gap = 0 } = {}): Block {
  const lines = wrap(content, roomAt(left, size));
  const height = Math.round(size * 1.5);
  return {
    height: lines.length * height + gap,
    draw: (top) => lines.map((line, number) => text(left, top + number * height + size + 2, line, kind)),
  };
}

function summaryOf(gpus: readonly DescribedGpu[]): string {
  const devices = gpus.flatMap((gpu) => gpu.domains.flatMap((domain) => domain.devices));
  const sum = (of: (device: DescribedDevice) => Bytes): string => formatBytes(sumBytes(devices.map(of)));
  return `${counted(gpus.length, "GPU")}, ${counted(devices.length, "device")}: ${sum((one) => one.reserved)} reserved, ${sum((one) => one.free)} free`;
}

const gpuBlock = (gpu: DescribedGpu, largest: number): Block => ({
  height: BAR.height + 10,
  draw: (top) => {
    const scale = BAR.width / largest;
    let left: number = BAR.left;
    const domains = gpu.domains.flatMap((domain) => {
      const parts = domainParts(domain, left, top, scale);
      left += domain.capacity * scale;
      return parts;
    });
    return [
      text(MARGIN, top + 14, gpu.id),
      text(MARGIN, top + 30, `${gpu.accelerator}, ${gpu.modes ?? "no partition modes"}`, "soft"),
      ...domains,
    ];
  },
});

/** Devices that share a domain share its width. */
function domainParts(domain: DescribedDomain, left: number, top: number, scale: number): readonly string[] {
  const { capacity, devices, id } = domain;
  const width = (capacity * scale) / Math.max(1, devices.length);
  return [
    ...devices.flatMap((device, number) => deviceParts(device, left + number * width, top, width)),
    element("rect", { class: "domain", ...box(left, top, capacity * scale) }, [
      element("title", {}, [xmlText(`memory domain ${id}, ${formatBytes(capacity)}`)]),
    ]),
  ];
}

const round = (value: number): number => Math.round(value * 10) / 10;

const box = (x: number, y: number, width: number) => ({
  x: round(x),
  y,
  width: round(Math.max(0, width)),
  height: BAR.height,
});

function deviceParts(device: DescribedDevice, left: number, top: number, width: number): readonly string[] {
  const { id, capacity, reserved, unreserved, free, models } = device;
  const part = (bytes: number): number => (Math.min(bytes, capacity) / Math.max(1, capacity)) * width;
  const held = part(reserved);
  const used = Math.min(part(unreserved), width - held);
  const details = [
    `${id}: ${formatBytes(free)} free of ${formatBytes(capacity)}`,
    ...models.map(({ key, model, bytes }) => `${key}: ${model}, ${formatBytes(bytes)}`),
  ];
  return [
    element("g", {}, [
      element("title", {}, [xmlText(details.join("; "))]),
      element("rect", { class: "device", ...box(left, top, width) }),
      ...(held > 0 ? [element("rect", { class: "reserved", ...box(left, top, held) })] : []),
      ...(used > 0 ? [element("rect", { class: "used", ...box(left + held, top, used) })] : []),
    ]),
  ];
}

/** What a picture shows only by its size and colour is said in words too. */
const modelLines = (gpu: DescribedGpu): readonly Block[] =>
  gpu.domains.flatMap(({ devices }) =>
    devices.flatMap(({ id, models, unreserved }) =>
      [
        ...models.map(({ key, model, bytes }) => `${id}  ${key}: ${model}, ${formatBytes(bytes)}`),
        ...(unreserved > 0 ? [`${id}  ${formatBytes(unreserved)} without a reservation`] : []),
      ].map((line) => textBlock(line, "soft", { left: BAR.left })),
    ),
  );

const legend = (): Block => ({
  height: LINE + 12,
  draw: (top) =>
    (
      [
        ["reserved", "reserved"],
        ["used", "used without a reservation"],
        ["device", "free"],
      ] as const
    ).flatMap(([kind, label], number) => {
      const left = BAR.left + number * 200;
      return [
        element("rect", { class: kind, x: left, y: top + 4, width: 12, height: 12 }),
        text(left + 18, top + 14, label, "soft"),
      ];
    }),
});
