/** What is at a path of the host. Directories with something in them follow from the paths. */
export type Entry =
  | { readonly is: "file"; readonly content: string }
  | { readonly is: "link"; readonly to: string }
  /** Only for one that is empty. */
  | { readonly is: "directory" }
  /** Device node of this major and minor number. */
  | {
      readonly is: "device";
      readonly major: number;
      readonly minor: number;
      readonly group: "render" | "video";
    };

/** Absolute path on the host → what is there. */
export type Tree = ReadonlyMap<string, Entry>;
export type Entries = readonly (readonly [path: string, entry: Entry])[];

export const file = (path: string, content: string): readonly [string, Entry] => [
  path,
  { is: "file", content },
];
export const link = (path: string, to: string): readonly [string, Entry] => [path, { is: "link", to }];

/** The path without links: "/sys/class/drm/card1/device/vendor" is a file of a PCI device. */
export function resolvePath(tree: Tree, path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  let real: string[] = [];
  while (parts.length > 0) {
    const part = parts.shift() ?? "";
    if (part === "..") real.pop();
    else real.push(part);
    const entry = tree.get(`/${real.join("/")}`);
    if (entry?.is !== "link") continue;
    if (entry.to.startsWith("/")) real = [];
    else real.pop();
    parts.unshift(...entry.to.split("/").filter((step) => step !== "" && step !== "."));
  }
  return `/${real.join("/")}`;
}

/** What a reader of the path gets. */
export function readTree(tree: Tree, path: string): string | undefined {
  const entry = tree.get(resolvePath(tree, path));
  return entry?.is === "file" ? entry.content : undefined;
}
