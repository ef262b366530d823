import type * as pulumi from "@pulumi/pulumi";

/**
 * Models are placed in the order in which the program declares them: the same program then gives the same placement, in
 * preview and in update. The SDK does not promise that order (it sends each resource when its inputs are ready), so each
 * model waits until the one before it on the same GPUs is registered. That costs nothing in an update: reservations on one
 * host are written one after the other anyway.
 */
const last = new WeakMap<object, Promise<unknown>>();

/** Resolves when every model declared before on one of these configurations is registered, whatever came of it. */
export const turnOn = (turns: readonly object[]): Promise<unknown> =>
  Promise.all(turns.flatMap((turn) => last.get(turn) ?? []));

export function takeTurn(turns: readonly object[], urn: pulumi.Output<string>): void {
  const registered = registrationOf(urn);
  for (const turn of turns) last.set(turn, registered);
}

/** The promise behind an Output that settles also when the registration fails, which `apply` does not. */
async function registrationOf(urn: pulumi.Output<string>): Promise<unknown> {
  try {
    return await (urn as unknown as { readonly isKnown?: Promise<boolean> }).isKnown;
  } catch {
    return undefined;
  }
}
