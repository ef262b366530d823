import { type Bytes, bytes, sumBytes } from "../../bytes.ts";
import type { Bdf } from "../../topology/layout.ts";
import { deviceId } from "../../topology/layout.ts";
import { parseFiles } from "./sections.ts";

/** One GPU node of /sys/class/kfd/kfd/topology/nodes: a logical device. */
export interface KfdNode {
  readonly node: number;
  /** KFD's own id of the node; names it in /sys/class/kfd/kfd/proc. */
  readonly gpuId: number;
  readonly gpu: Bdf;
  readonly partition: number;
  readonly id: string;
  readonly pciDeviceId: number;
  readonly computeUnits: number;
  readonly xcds: number;
  /** Sum of its memory banks. */
  readonly memory: Bytes;
  /** Major × 10,000 + minor × 100 + stepping of the instruction set: 90402 is gfx942. 0 where the kernel does not say. */
  readonly graphics: number;
  /** Id of its XGMI hive; "none" where it is in none, undefined where the kernel does not say. */
  readonly hive: string | undefined;
  /** 0 when the kernel made no render node. */
  readonly renderMinor: number;
}

const AMD = 0x10_02;

/** The GPU nodes, in KFD's order. CPU nodes and other vendors are left out. */
export function parseKfdNodes(text: string): readonly KfdNode[] {
  const properties = new Map<number, Map<string, number>>();
  const banks = new Map<number, Bytes[]>();
  const hives = new Map<number, string>();
  for (const [path, lines] of parseFiles(text)) {
    const [first = "", second = ""] = path.split("/");
    const node = Number(first);
    const values = properties.get(node) ?? new Map<string, number>();
    properties.set(node, values);
    for (const line of lines) {
      if (second === "gpu_id") values.set("gpu_id", wholeNumber(line));
      else if (second === "mem_banks") {
        banks.set(node, [...(banks.get(node) ?? []), bytes(wholeNumber(line.split(" ")[1] ?? ""))]);
      } else {
        const [name = "", value = ""] = line.split(" ");
        // 64 bits, which a number does not hold.
        if (name === "hive_id" && /^\d{1,20}$/.test(value)) hives.set(node, value === "0" ? "none" : value);
        values.set(name, wholeNumber(value));
      }
    }
  }
  return [...properties]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([node, values]) => {
      const value = (name: string): number => values.get(name) ?? 0;
      if (value("gpu_id") === 0 || value("vendor_id") !== AMD) return [];
      const place = location(value("location_id"), value("domain"));
      return [
        {
          node,
          ...place,
          id: deviceId(place.gpu, place.partition),
          gpuId: value("gpu_id"),
          pciDeviceId: value("device_id"),
          computeUnits: value("simd_count") / (value("simd_per_cu") || 4),
          xcds: value("num_xcc") || 1,
          memory: sumBytes(banks.get(node) ?? []),
          graphics: value("gfx_target_version"),
          hive: hives.get(node),
          renderMinor: value("drm_render_minor"),
        },
      ];
    });
}

/** None of what is read here has more than 53 bits. */
const wholeNumber = (text: string): number => (/^\d+$/.test(text.trim()) ? Number(text.trim()) : 0);

/**
 * bus × 256 + device × 8 + function. Newer drivers put the partition into bits 31:28 and leave the function 0, older ones
 * into the function (AMD SMI guide; ROCm/k8s-device-plugin test data).
 */
function location(locationId: number, domain: number): { readonly gpu: Bdf; readonly partition: number } {
  const high = Math.floor(locationId / 2 ** 28) % 16;
  const low = locationId % 8;
  const bus = Math.floor(locationId / 256) % 256;
  const device = Math.floor(locationId / 8) % 32;
  return { gpu: `${hex(domain, 4)}:${hex(bus, 2)}:${hex(device, 2)}.0`, partition: high === 0 ? low : high };
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
