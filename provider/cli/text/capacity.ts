import { formatBytes } from "../../bytes.ts";
import { counted } from "../../message.ts";
import type { CapacityHost, HostModes } from "../../scheduler/capacity-layouts.ts";
import type { CapacityAnswer, CapacityPlan } from "../../scheduler/plan-capacity.ts";
import { type Line, span } from "./line.ts";
import { table } from "./table.ts";

type Answered = Extract<CapacityAnswer, { readonly ok: true }>;

/** The layouts that hold the models, the best first, and where the models are in the best. */
export function capacityLines(host: CapacityHost, { fits, plans, tried }: Answered): readonly Line[] {
  const [best] = plans;
  return [
    [
      fits ? span("good", "fits") : span("bad", "does not fit"),
      `: ${host.gpus} x ${host.accelerator} without reservations, ${counted(tried, "layout")} tried`,
    ],
    [],
    ...table(
      [
        { title: "LAYOUT" },
        { title: "CHANGED", align: "right" },
        { title: "DRIVER" },
        { title: "FREE", align: "right" },
        { title: "LARGEST FREE DEVICE", align: "right" },
      ],
      plans.map((plan) => [
        plan.hosts.map(layoutText).join("; "),
        counted(
          plan.hosts.reduce((sum, one) => sum + one.changedGpus, 0),
          "GPU",
        ),
        plan.driverReloads.length > 0 ? "reload" : "stays",
        formatBytes(plan.spare),
        formatBytes(plan.largestRest),
      ]),
    ),
    ...(best ? placementLines(best) : []),
  ];
}

/** "4 x SPX/NPS1, 4 x CPX/NPS1" */
function layoutText({ compute, memory }: HostModes): string {
  const counts = new Map<string, number>();
  for (const mode of compute) counts.set(mode, (counts.get(mode) ?? 0) + 1);
  return [...counts].map(([mode, count]) => `${count} x ${mode}/${memory}`).join(", ");
}

const placementLines = ({ placements, refused }: CapacityPlan): readonly Line[] => [
  [],
  ...table(
    [{ title: "MODEL" }, { title: "DEVICES" }, { title: "OF EACH", align: "right" }],
    placements.map(({ key, devices, bytesPerDevice }) => [
      key,
      devices.map((device) => device.id).join(", "),
      formatBytes(bytesPerDevice),
    ]),
  ),
  ...refused.map((key) => [span("bad", "without a place"), `: ${key}`]),
];
