import * as pulumi from "@pulumi/pulumi";

/** Who declares a resource: callbacks of a dynamic provider are told neither name nor stack nor URN. */
export interface Identity {
  /** project/stack/name */
  readonly key: string;
  readonly urn: string;
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
  const key = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
  return new Promise((resolve) => {
    urn.apply((text) => resolve({ key, urn: text }));
  });
}

/** In the type token of both resources; changing it would need aliases. */
export const MODULE = "amdgpu";
