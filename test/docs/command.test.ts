import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { CHECKS } from "../../provider/standalone/diagnosis/checks.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";
import { run } from "../cli/in-memory.ts";
import { GPUS, stateOf } from "../partitioner/host.ts";

const root = findPackageRoot();
const GIB = 1024 ** 3;

/** Files that the commands of the pages name. */
const FILES: Readonly<Record<string, unknown>> = {
  "host.json": {
    ...stateOf(["CPX/NPS1", "SPX/NPS1"]),
    processes: [{ pid: 4242, name: "python3", vram: { [GPUS[1] ?? ""]: 30 * GIB } }],
    record: {
      version: 1,
      revision: 4,
      reservations: [
        {
          key: "shop/prod/llama",
          model: "meta-llama/Llama-3.1-8B-Instruct (fp8)",
          devices: [{ id: "0000:0c:00.0", bytes: 20 * GIB }],
          exclusive: false,
          since: "2026-11-02T08:15:00.000Z",
        },
      ],
      owners: { "gpus/prod/node1": GPUS.slice(0, 2) },
      before: {},
    },
  },
  "node1.json": { computePartition: "CPX", memoryPartition: "NPS4" },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "command-page-"));
  for (const [name, value] of Object.entries(FILES)) writeFileSync(join(folder, name), JSON.stringify(value));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command and the output that the page shows for it. */
const SHOWN = /^```sh\nnpx pulumi-amd-gpu (.*)\n```\n\n```text\n([\s\S]*?)^```$/gm;

/** The page with the output of each command as it is now; `--update` writes it. */
async function regenerated(page: string): Promise<string> {
  let text = readFileSync(join(root, page), "utf8");
  const shown = [...text.matchAll(SHOWN)];
  expect(shown.length).toBeGreaterThan(0);
  for (const [block, line = "", output = ""] of shown) {
    const args = line.split(" ").map((word) => (word in FILES ? join(folder, word) : word));
    const { stdout, stderr } = await run(args);
    expect(stderr).toBe("");
    const fresh = block.replace(`\`\`\`text\n${output}\`\`\``, () => `\`\`\`text\n${stdout}\`\`\``);
    text = text.replace(block, () => fresh);
  }
  return text;
}

test.each(["docs/command.md", "README.md"])("%s shows what the command prints", async (page) => {
  await expect(await regenerated(page)).toMatchFileSnapshot(join(root, page));
});

test("docs/command.md lists every check of doctor in its order", () => {
  const text = readFileSync(join(root, "docs/command.md"), "utf8");
  const [, section = ""] = text.split("## What stands between you and a host");
  const [table = ""] = section.split("```");
  expect([...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name)).toEqual([...CHECKS]);
});
