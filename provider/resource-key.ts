/**
 * What a resource is called in host records, reservations and boot units: unique in a Pulumi organisation as far as its URN is.
 *
 * As text: `project/stack/name` at the top level, `project/stack/<types of the parents>::name` below a component, and
 * `project/stack/::name` at the top level where the name itself contains `::`. Version 0.1.0 left the parents out.
 */
export interface ResourceKey {
  readonly project: string;
  readonly stack: string;
  /** Types of the parents, outermost first, as the URN has them: "my:index:Cluster$my:index:Node". "" at the top level. */
  readonly parents: string;
  /** May contain slashes. */
  readonly name: string;
}

/** Neither a project nor a stack has a slash, and no type has `::`. */
export const formatKey = ({ project, stack, parents, name }: ResourceKey): string =>
  `${project}/${stack}/${parents !== "" || name.includes("::") ? `${parents}::` : ""}${name}`;

export function parseKey(text: string): ResourceKey {
  const [project = "", stack = "", ...rest] = text.split("/");
  const path = rest.join("/");
  const end = path.indexOf("::");
  return end < 0
    ? { project, stack, parents: "", name: path }
    : { project, stack, parents: path.slice(0, end), name: path.slice(end + 2) };
}

/** `urn:pulumi:<stack>::<project>::<types of the parents>$<type>::<name>`; undefined for anything else. */
export function keyOfUrn(urn: string): ResourceKey | undefined {
  const [head = "", project, types, ...name] = urn.split("::");
  const stack = /^urn:pulumi:(.+)$/.exec(head)?.[1];
  if (stack === undefined || project === undefined || types === undefined || name.length === 0)
    return undefined;
  return { project, stack, parents: types.split("$").slice(0, -1).join("$"), name: name.join("::") };
}

/** What version 0.1.0 called the same resource. */
export const formatKeyOf010 = ({ project, stack, name }: ResourceKey): string =>
  `${project}/${stack}/${name}`;

/** All keys under which a resource may stand in a record. */
export const keysOf = ({
  key,
  formerKeys = [],
}: {
  readonly key: string;
  readonly formerKeys?: readonly string[] | undefined;
}): readonly string[] => [key, ...formerKeys];

/** What all keys of one stack begin with. */
export const stackPrefix = (key: string | ResourceKey): string => {
  const { project, stack } = typeof key === "string" ? parseKey(key) : key;
  return `${project}/${stack}/`;
};

/** A key in the parts that lists of a host show; `name` begins with the parents, if there are any. */
export function listedKey(key: string): Pick<ResourceKey, "project" | "stack" | "name"> {
  const { project, stack } = parseKey(key);
  return { project, stack, name: key.slice(stackPrefix(key).length) };
}

/**
 * The key of an entry whose URN is known: one that 0.1.0 wrote lacks the parents, which the URN has. A resource that was
 * renamed keeps the key it had, which its URN does not have.
 */
export function fullKey(entry: { readonly key: string; readonly urn?: string | undefined }): string {
  const ofUrn = entry.urn === undefined ? undefined : keyOfUrn(entry.urn);
  return ofUrn && formatKeyOf010(ofUrn) === entry.key ? formatKey(ofUrn) : entry.key;
}
