import * as pulumi from "@pulumi/pulumi";

/** Of the package that Pulumi puts dynamic resources in; no function has this name, and none needs to. */
const NO_FUNCTION = "pulumi-nodejs:dynamic/amdgpu:start";

const asked = new WeakSet<object>();

/**
 * Has the engine start the process of our resources now, while hosts are being observed. Without it the engine starts it
 * with the first resource, which comes when a host has answered: half a second and more in which nothing else happens.
 *
 * Calling a function of a provider starts it. That it has no functions is its answer, and nobody is told.
 *
 * @param run any object that lives as long as this run of the program.
 */
export function startProvider(run: object): void {
  if (asked.has(run)) return;
  asked.add(run);
  pulumi.runtime.invoke(NO_FUNCTION, {}).catch(() => {});
}
