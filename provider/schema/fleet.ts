import { z } from "zod";

import { modelSchema } from "./model-spec.ts";
import { placementFields } from "./placement.ts";
import { servingFields } from "./serving.ts";

/** One model of a fleet as the others see it: what its place depends on, and nothing else. */
const fleetMemberSchema = z.strictObject({
  /** project/stack/name of its allocation. */
  key: z.string().min(1),
  /** Under which a member that was renamed may hold its reservation still. */
  formerKeys: z.array(z.string()).optional(),
  model: modelSchema,
  ...servingFields,
  ...placementFields,
  antiAffinity: z
    .strictObject({ group: z.string().min(1), level: z.enum(["device", "gpu", "host"]) })
    .optional(),
});

/** All models of a fleet: every allocation of it gets the whole list, so that whichever is checked first can place all. */
export const fleetSchema = z.strictObject({
  rebalance: z.enum(["never", "when-needed"]).default("never"),
  members: z.array(fleetMemberSchema).min(1),
});

export type Fleet = Readonly<z.output<typeof fleetSchema>>;
