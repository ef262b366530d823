import * as pulumi from "@pulumi/pulumi";

/**
 * Begins to look at the host now, in the program, so that all hosts are looked at at once. Not when the resource waits for
 * another one (the host may be made ready by it), and not under a unit test's mocks.
 */
export function looksAhead(
  access: pulumi.Output<unknown>,
  options: pulumi.CustomResourceOptions | undefined,
): pulumi.Input<string | undefined> {
  if (options?.dependsOn !== undefined || isMocked()) return undefined;
  return access.apply(async (known) => {
    const { prefetch } = await import("./runtime.ts");
    return prefetch(known);
  });
}

function isMocked(): boolean {
  const monitor: unknown = pulumi.runtime.getMonitor();
  return typeof monitor === "object" && monitor !== null && "mocks" in monitor;
}
