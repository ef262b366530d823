import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Packages that the archive has as they are, each with the folder or file of its code: ssh2 and what it requires. */
const PACKAGES: Readonly<Record<string, string>> = {
  asn1: "lib",
  "bcrypt-pbkdf": "index.js",
  "safer-buffer": "safer.js",
  ssh2: "lib",
  tweetnacl: "nacl-fast.js",
};

export type Files = Readonly<Record<string, string | Buffer>>;

/** Manifest, licence and JavaScript of each; native parts are not needed. @param root of our package */
export function shippedPackages(root: string): Files {
  return Object.fromEntries(
    Object.entries(PACKAGES).flatMap(([name, code]) => {
      const folder = join(root, "node_modules", name);
      const scripts = code.endsWith(".js")
        ? [code]
        : readdirSync(join(folder, code), { recursive: true, encoding: "utf8" })
            .filter((path) => path.endsWith(".js"))
            .map((path) => join(code, path));
      return ["package.json", "LICENSE", ...scripts].map((path) => [
        join("node_modules", name, path),
        readFileSync(join(folder, path)),
      ]);
    }),
  );
}

/** Names and licences of the packages that modules come from, one after the other. @param modules paths */
export function noticesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const notices = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      readonly name: string;
      readonly version: string;
      readonly license?: string;
    };
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text =
      file === undefined
        ? `Licence: ${license ?? "see the package"}`
        : readFileSync(join(folder, file), "utf8");
    return { name, text: `${name} ${version}\n\n${text.trim()}\n` };
  });
  return notices
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ text }) => text)
    .join(`\n${"-".repeat(80)}\n\n`);
}
