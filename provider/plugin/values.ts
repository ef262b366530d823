import type structPb from "google-protobuf/google/protobuf/struct_pb.js";

import type { Properties } from "../wire/handler.ts";
import { UNKNOWN } from "../wire/unknowns.ts";
import { proto } from "./proto.ts";

/*
 * How the engine writes the values that JSON has not (sdk/go/common/resource/sig of pulumi/pulumi): an object with this key says by
 * its value what it is.
 */
const KIND = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Properties as a request has them. */
export interface Received {
  /** Plain JSON, secrets in clear; what is not known yet is the marker. */
  readonly values: Properties;
  /** The properties that are secret, or have a secret inside. */
  readonly secrets: ReadonlySet<string>;
}

export function receive(struct: structPb.Struct | undefined): Received {
  const values: Record<string, unknown> = {};
  const secrets = new Set<string>();
  for (const [name, value] of Object.entries((struct?.toJavaScript() ?? {}) as Properties)) {
    const plain = plainValue(value, () => secrets.add(name));
    if (plain !== undefined) values[name] = plain;
  }
  return { values, secrets };
}

/** Without `undefined` and null, which are absent properties. */
function plainValue(value: unknown, onSecret: () => void): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map((one) => plainValue(one, onSecret));
  if (typeof value !== "object" || value === undefined) return value;
  const given = value as Properties;
  if (given[KIND] === SECRET) {
    onSecret();
    return plainValue(given["value"], onSecret);
  }
  if (given[KIND] === OUTPUT) {
    if (given["secret"] === true) onSecret();
    return given["value"] === undefined ? UNKNOWN : plainValue(given["value"], onSecret);
  }
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, one]) => {
      const plain = plainValue(one, onSecret);
      return plain === undefined ? [] : [[name, plain]];
    }),
  );
}

/** @param secrets names of the properties that the engine must keep as secrets, each as a whole. */
export function send(values: Properties, secrets: ReadonlySet<string>): structPb.Struct {
  const sent: Record<string, structPb.JavaScriptValue> = {};
  for (const [name, value] of Object.entries(values) as [string, structPb.JavaScriptValue | undefined][]) {
    if (value === undefined) continue;
    sent[name] = secrets.has(name) && value !== UNKNOWN ? { [KIND]: SECRET, value } : value;
  }
  return proto.Struct.fromJavaScript(sent);
}

/** Whether some value is not known yet, which is so in a preview alone. */
export const hasUnknown = (value: unknown): boolean => {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
};
