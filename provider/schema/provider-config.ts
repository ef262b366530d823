import { z } from "zod";

import { connectionSchema } from "./connection.ts";
import { hostAccessShape, simulationSchema, timeoutsSchema } from "./partition.ts";

const connectionFields = connectionSchema.shape;

type WithoutDefaults<Shape extends z.ZodRawShape> = {
  readonly [Name in keyof Shape]: z.ZodOptional<
    Shape[Name] extends z.ZodDefault<infer Inner extends z.ZodType> ? Inner : Shape[Name]
  >;
};

/** Every field may be left out, and has no default: what is not given here is asked elsewhere. The comments of the fields are kept. */
const withoutDefaults = <Shape extends z.ZodRawShape>(shape: Shape) =>
  Object.fromEntries(
    Object.entries(shape).map(([name, field]) => {
      const inner = field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : (field as z.ZodType);
      return [name, inner.optional()];
    }),
  ) as WithoutDefaults<Shape>;

/** Fields of a connection that prove who logs in. They are taken together: a key of one place and a password of another are no pair. */
export const CREDENTIALS = [
  "privateKey",
  "privateKeyPath",
  "privateKeyPassword",
  "password",
  "agentSocketPath",
] as const;

/** How to reach hosts, as far as all hosts have it in common. */
const { host: _host, ...sharedFields } = connectionFields;
const sharedConnectionSchema = z.strictObject(withoutDefaults(sharedFields)).meta({
  description: "Fields that the connections of all hosts have, where a connection does not give its own",
});

const timeoutDefaultsSchema = z
  .strictObject(withoutDefaults(timeoutsSchema.shape))
  .meta({ description: "Timeouts of all hosts in seconds, where a resource does not give its own" });

/** One host of the inventory. */
const inventoryHostSchema = z
  .strictObject({
    connection: z.strictObject({ ...withoutDefaults(sharedFields), host: connectionFields.host }).optional(),
    local: z.boolean().optional(),
    simulation: simulationSchema.optional(),
    mode: hostAccessShape.mode.unwrap().optional(),
    timeouts: timeoutDefaultsSchema.optional(),
    amdSmiPath: hostAccessShape.amdSmiPath,
  })
  .refine((host) => !(host.connection !== undefined && host.local === true), {
    path: ["local"],
    message: "conflicts with connection; set one of them",
  });

/** What an inventory calls a host; also an id of `pulumi import`. */
const hostName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/, "a name of letters, digits, dots and dashes");

/** Configuration of the plugin `amdgpu`. */
export const providerConfigSchema = z.strictObject({
  hosts: z.record(hostName, inventoryHostSchema).optional().meta({
    description: "Hosts by name. A resource gives the name as `host` and needs no connection of its own",
  }),
  connection: sharedConnectionSchema.optional(),
  timeouts: timeoutDefaultsSchema.optional(),
  hfToken: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Token of the Hugging Face Hub, for models that need one" }),
});

export type ProviderConfig = Readonly<z.output<typeof providerConfigSchema>>;
