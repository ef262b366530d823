import * as pulumi from "@pulumi/pulumi";

import { formatKey, keyOfUrn } from "../resource-key.ts";

/** Who declares a resource: callbacks of a dynamic provider are told neither name nor stack nor URN. */
export interface Identity {
  /** See `resource-key.ts`. */
  readonly key: string;
  readonly urn: string;
  /** That `key` has the parents in it, as it has not in version 0.1.0. */
  readonly keyFormat: 2;
  /** By the aliases. State knows the key of a renamed resource too, but is not shown to the check of a replacement. */
  readonly formerKeys?: readonly string[];
}

/** In the type token of both resources; changing it would need aliases. */
export const MODULE = "amdgpu";

/**
 * A promise, not an Output: what is made of a parent's URN would depend on the parent, which for a component means on all its
 * children, this one among them.
 */
export async function identityOf(
  name: string,
  type: string,
  options: pulumi.CustomResourceOptions | undefined,
): Promise<Identity> {
  const token = `pulumi-nodejs:dynamic/${MODULE}:${type}`;
  const urn = await valueOf(pulumi.createUrn(name, token, options?.parent));
  const urnOfAlias = async (given: pulumi.Input<string | pulumi.Alias>): Promise<string> => {
    const alias = pulumi.Output.isInstance(given) ? await valueOf(given) : await given;
    if (typeof alias === "string") return alias;
    const parent = "parent" in alias ? alias.parent : options?.parent;
    const project = alias.project && (await valueOf(pulumi.output(alias.project)));
    const stack = alias.stack && (await valueOf(pulumi.output(alias.stack)));
    return valueOf(pulumi.createUrn(alias.name ?? name, alias.type ?? token, parent, project, stack));
  };
  const aliases = await Promise.all((options?.aliases ?? []).map(urnOfAlias));
  const keys = aliases.flatMap((alias) => keyOfUrn(alias) ?? []).map(formatKey);
  const own = keyOfUrn(urn) ?? { project: pulumi.getProject(), stack: pulumi.getStack(), parents: "", name };
  return { key: formatKey(own), urn, keyFormat: 2, ...(keys.length > 0 && { formerKeys: keys }) };
}

/** Of an Output that is known in every run. */
const valueOf = <T extends string | pulumi.Alias>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply((value) => resolve(value));
  });

/**
 * An input that tells `check` that it may leave values unknown; the engine refuses that in an update. Absent there, and never in state.
 */
export const isPreview = (): true | undefined => (pulumi.runtime.isDryRun() ? true : undefined);
