import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findPackageRoot } from "../../tools/engine/places.ts";
import { createHome, createProject, type PulumiHome, runCli } from "../support/engine.ts";

const EXAMPLES = join(findPackageRoot(), "examples");

interface Served {
  readonly host: string;
  readonly devices: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const textOf = (name: string) => (file: string) => [file, readFileSync(join(EXAMPLES, name, file), "utf8")];

/** The quickstart is run by `test/package`, from the packed tarball. */
const names = readdirSync(EXAMPLES).filter((name) => name !== "quickstart");

describe.each(names)("the example %s", (name) => {
  let home: PulumiHome;
  let folder: string;
  const pulumi = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCli(args, { cwd: folder, home });
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    return stdout;
  };
  const outputs = async (): Promise<Readonly<Record<string, unknown>>> =>
    JSON.parse(await pulumi("stack", "output", "--json")) as Readonly<Record<string, unknown>>;
  beforeAll(async () => {
    home = await createHome();
    const files = ["Pulumi.yaml", "index.ts", "package.json", "tsconfig.json"];
    ({ folder } = await createProject({ home, files: Object.fromEntries(files.map(textOf(name))) }));
  });
  afterAll(async () => home?.dispose());

  it("does as it stands what it says, and then there is nothing to do", async () => {
    await pulumi("stack", "init", "dev");
    await pulumi("up", "--yes", "--skip-preview");
    await pulumi("preview", "--expect-no-changes");
    if (name === "model-fleet") {
      const { serving } = (await outputs()) as { readonly serving: Readonly<Record<string, Served>> };
      // Only a whole GPU holds the large one, and of four GPUs each has one of the four copies.
      expect(serving["reason"]?.host).toBe("large");
      const copies = Object.entries(serving).filter(([model]) => model.startsWith("chat"));
      const places = copies.map(([, { host, devices }]) => `${host} ${devices.join().replace(/\.\d+$/, "")}`);
      expect(new Set(places).size).toBe(4);
      await pulumi("config", "set", "chatReplicas", "3");
      expect(await pulumi("preview", "--diff")).toContain("- 1 to delete");
    }
    await pulumi("destroy", "--yes", "--skip-preview");
  });
});
