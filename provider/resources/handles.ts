import type * as pulumi from "@pulumi/pulumi";

/** What the resource behind a handle knows in the program that declares it. */
export interface HandleSource {
  /** The parts of the handle, each of them known or not. */
  readonly handedOn: pulumi.Inputs;
  /** How to reach the host. */
  readonly access: pulumi.Output<object>;
}

/** By the Output of the handle, which is unknown as a whole while one part of it is. */
const sources = new WeakMap<object, HandleSource>();

export function noteHandle(handle: object, source: HandleSource): void {
  sources.set(handle, source);
}

export const sourceOfHandle = (handle: unknown): HandleSource | undefined =>
  typeof handle === "object" && handle !== null ? sources.get(handle) : undefined;
