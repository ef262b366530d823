import * as pulumi from "@pulumi/pulumi";

import { formatKey, keyOfUrn } from "../resource-key.ts";

/** Who declares a resource: callbacks of a dynamic provider are told neither name nor stack nor URN. */
export interface Identity {
  /** See `resource-key.ts`. */
  readonly key: string;
  readonly urn: string;
  /** That `key` has the parents in it, as it has not in version 0.1.0. */
  readonly keyFormat: 2;
}

/**
 * A promise, not an Output: what is made of a parent's URN would depend on the parent, which for a component means on all its
 * children, this one among them.
 */
export function identityOf(
  name: string,
  type: string,
  options: pulumi.CustomResourceOptions | undefined,
): Promise<Identity> {
  const urn = pulumi.createUrn(name, `pulumi-nodejs:dynamic/${MODULE}:${type}`, options?.parent);
  return new Promise((resolve) => {
    urn.apply((text) => {
      const key = keyOfUrn(text) ?? {
        project: pulumi.getProject(),
        stack: pulumi.getStack(),
        parents: "",
        name,
      };
      resolve({ key: formatKey(key), urn: text, keyFormat: 2 });
    });
  });
}

/** In the type token of both resources; changing it would need aliases. */
export const MODULE = "amdgpu";

/**
 * An input that tells `check` that it may leave values unknown; the engine refuses that in an update. Absent there, and never in state.
 */
export const isPreview = (): true | undefined => (pulumi.runtime.isDryRun() ? true : undefined);
