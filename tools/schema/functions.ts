import type { z } from "zod";

import {
  containerArgsSchema,
  environmentArgsSchema,
  estimateMemorySchema,
  getHostSchema,
  planCapacitySchema,
} from "../../provider/schema/functions.ts";
import type { Declarations } from "../reference/declarations.ts";
import { describedSchema, type JsonSchema } from "../reference/json-schema.ts";
import { createConverter, type Names, type Rules, type Spec, typeRef, type TypeSpec } from "./from-zod.ts";
import { FUNCTION_OUTPUTS } from "./function-outputs.ts";

const MODULE = "provider/schema/functions.ts";

interface Described {
  readonly description: string;
  readonly schema: z.ZodType;
  /** What the module calls it. */
  readonly name: string;
}

const container = { schema: containerArgsSchema, name: "containerArgsSchema" };

const FUNCTIONS: Readonly<Record<string, Described>> = {
  "amdgpu:index:getHost": {
    description:
      "Observes a host and changes nothing: GPUs, modes, logical devices, their room, and what the record of the host holds.",
    schema: getHostSchema,
    name: "getHostSchema",
  },
  "amdgpu:index:estimateMemory": {
    description: "Estimates the memory of a model on each of its devices. No host is contacted.",
    schema: estimateMemorySchema,
    name: "estimateMemorySchema",
  },
  "amdgpu:index:planCapacity": {
    description:
      "Finds the layouts of hosts that hold models: the fewest driver reloads first, then the fewest changed GPUs. No host is contacted.",
    schema: planCapacitySchema,
    name: "planCapacitySchema",
  },
  "amdgpu:docker:runArgs": {
    ...container,
    description: "Arguments of `docker run` or `podman run`, one element each.",
  },
  "amdgpu:docker:containerArgs": {
    ...container,
    description: "Inputs of a Container of the provider docker.",
  },
  "amdgpu:compose:service": { ...container, description: "A part of a service in a Compose file." },
  "amdgpu:systemd:dropIn": {
    ...container,
    description: "A drop-in for the systemd unit of a model that is served without a container.",
  },
  "amdgpu:systemd:quadlet": {
    ...container,
    description: "Section `[Container]` of a Quadlet file of podman, without Image= and Exec=.",
  },
  "amdgpu:kubernetes:privileged": {
    description: "Parts of a Pod on any cluster: a privileged container that uses its own devices only.",
    schema: environmentArgsSchema,
    name: "environmentArgsSchema",
  },
  "amdgpu:kubernetes:crio": {
    ...container,
    description:
      "Parts of a Pod on a node with CRI-O: an unprivileged container that gets only the devices of the model.",
  },
};

/** Names of types in the arguments, besides those of the resources. */
const NAMES: Names = {
  models: "CapacityModel",
  hosts: "CapacityHost",
  now: "ModePair",
  compute: "ComputeMode",
  memory: "MemoryMode",
};

/** Arguments that are not as their schema has them. */
const OWN: Readonly<Record<string, Spec>> = {
  container: { ...typeRef("ContainerDevices"), description: "The output `container` of a ModelAllocation" },
};

interface Functions {
  readonly functions: Readonly<Record<string, object>>;
  readonly types: Readonly<Record<string, TypeSpec>>;
}

/**
 * @param names of types in the arguments of resources
 * @param first arguments before those of the schema, by token
 * @param unwritten arguments that are refused in a sentence of their own
 */
export function functionsOf(
  declarations: Declarations,
  rules: Rules,
  first: Readonly<Record<string, Readonly<Record<string, Spec>>>>,
  unwritten: ReadonlySet<string>,
): Functions {
  const converter = createConverter({ ...rules, names: { ...rules.names, ...NAMES } });
  const functions = Object.entries(FUNCTIONS).map(([token, { description, schema, name }]) => {
    const described = describedSchema(schema, declarations.inputOf(MODULE, name), declarations);
    const { properties, required } = converter.convert(withoutProperties(described, unwritten));
    const { properties: results, required: always } = FUNCTION_OUTPUTS[token] ?? {};
    const inputs = { ...first[token], ...properties };
    return [
      token,
      {
        description,
        inputs: {
          type: "object",
          properties: Object.fromEntries(
            Object.entries(inputs).map(([name, spec]) => [name, first[token]?.[name] ?? OWN[name] ?? spec]),
          ),
          required,
        },
        outputs: { type: "object", properties: results, required: always },
      },
    ] as const;
  });
  return { functions: Object.fromEntries(functions), types: converter.types };
}

/** At any depth. */
function withoutProperties(json: JsonSchema, names: ReadonlySet<string>): JsonSchema {
  const { properties, additionalProperties } = json;
  return {
    ...json,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties)
          .filter(([name]) => !names.has(name))
          .map(([name, one]) => [name, withoutProperties(one, names)]),
      ),
    }),
    ...(typeof additionalProperties === "object" && {
      additionalProperties: withoutProperties(additionalProperties, names),
    }),
  };
}
