import * as pulumi from "@pulumi/pulumi";

/** Who declares a resource: callbacks of a dynamic provider are told neither name nor stack nor URN. */
export function identityOf(
  name: string,
  type: string,
  options: pulumi.CustomResourceOptions | undefined,
): pulumi.Input<{ key: string; urn: string }> {
  const urn = pulumi.createUrn(name, `pulumi-nodejs:dynamic/${MODULE}:${type}`, options?.parent);
  return urn.apply((text) => ({ key: `${pulumi.getProject()}/${pulumi.getStack()}/${name}`, urn: text }));
}

/** In the type token of both resources; changing it would need aliases. */
export const MODULE = "amdgpu";
