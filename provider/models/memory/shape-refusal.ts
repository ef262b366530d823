import type { Message } from "../../message.ts";
import type { Dtype } from "../../schema/precision.ts";
import { layerKindsOf } from "../shape/layer-kinds.ts";
import { countParameters, totalParameters } from "../shape/parameters.ts";
import { loadsCheckpointBytes } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { modelMessages } from "./messages.ts";

/** More than any model has. */
const MOST_PARAMETERS = 1e14;

/** A total this much smaller than what the shape adds up to is of another model. */
const LEAST_SHARE = 0.5;

/**
 * A shape whose numbers contradict each other; undefined where they agree. What a schema can see by itself is refused there,
 * with the path of the field.
 */
export function refuseShape(shape: ModelShape, dtype: Dtype): Message | undefined {
  const refuse = (field: string, why: string): Message =>
    modelMessages["shape-contradicts-itself"]({ id: shape.id, field, why });
  const kinds = layerKindsOf(shape).reduce((sum, { layers }) => sum + layers, 0);
  if (kinds !== shape.layers) {
    return refuse("layerKinds", `has ${kinds} layers, but layers is ${shape.layers}`);
  }
  const { params, ...counted } = shape;
  const known = shape.checkpoint !== undefined && loadsCheckpointBytes(shape, dtype);
  const total = totalParameters(countParameters(counted));
  if (total > MOST_PARAMETERS) return refuse("layers", `and widths add up to ${total} parameters`);
  // A guess has the parameters of its name and the shape of another model: that they differ is said in its warning.
  if (params === undefined || known || shape.origin?.step === "name") return undefined;
  return params < total * LEAST_SHARE
    ? refuse(
        "params",
        `${params} is less than half of the ${total} that layers, hidden, ffn, experts and vocab add up to`,
      )
    : undefined;
}
