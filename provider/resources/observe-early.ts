import * as pulumi from "@pulumi/pulumi";

import { startProvider } from "./start-provider.ts";

/**
 * Begins to observe the host now, in the program, so that all hosts are observed concurrently. Not when the resource waits for
 * another one (the host may be made ready by it), and not under a unit test's mocks.
 */
export function observeEarly(
  access: pulumi.Output<unknown>,
  options: pulumi.CustomResourceOptions | undefined,
): pulumi.Input<string | undefined> {
  // The connection to the engine: a new one for each run of a program, a unit test's mocks in its place.
  const monitor: object | undefined = pulumi.runtime.getMonitor();
  if (options?.dependsOn !== undefined || monitor === undefined || "mocks" in monitor) return undefined;
  return access.apply(async (known) => {
    // A simulated host is a file that check reads; a program that has no other need not load what talks to hosts.
    const { connection, local } = known as { readonly connection?: unknown; readonly local?: unknown };
    if (connection === undefined && local !== true) return undefined;
    startProvider(monitor);
    const { prefetch } = await import("./prefetch-observation.ts");
    return prefetch(known, monitor);
  });
}
