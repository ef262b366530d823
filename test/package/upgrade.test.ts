import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { HostRecord } from "../../provider/host-record/record.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";
import { createStack, type TestStack } from "../support/engine.ts";
import { releasedProgram, STATE_FILE } from "../support/released-state.ts";

const folder = join(findPackageRoot(), "test/package/states");

interface KeptState {
  readonly host: unknown;
  readonly stack: unknown;
}

/** `KEEP_STATE=0.2.0 npx vitest run test/package/upgrade.test.ts` writes the state of the version at hand. */
const kept = process.env["KEEP_STATE"];
const versions = kept === undefined ? readdirSync(folder).map((file) => file.replace(/\.json$/, "")) : [kept];

describe.each(versions)("a stack and a host as version %s left them", (version) => {
  const temporary = mkdtempSync(join(tmpdir(), "kept-state-"));
  const host = join(temporary, "host.json");
  let stack: TestStack;
  beforeAll(async () => {
    stack = await createStack(releasedProgram(host), { project: "released", name: "test" });
    if (kept !== undefined) await keep();
    const text = readFileSync(join(folder, `${version}.json`), "utf8").replaceAll(STATE_FILE, host);
    const state = JSON.parse(text) as KeptState;
    writeFileSync(host, JSON.stringify(state.host));
    await stack.importStack(state.stack as Parameters<TestStack["importStack"]>[0]);
  });
  afterAll(async () => {
    await stack?.dispose();
    rmSync(temporary, { recursive: true });
  });

  async function keep(): Promise<void> {
    await stack.up();
    const state: KeptState = {
      host: JSON.parse(readFileSync(host, "utf8")),
      stack: await stack.exportStack(),
    };
    // Where in which program each resource was declared is a path of the machine at hand.
    const text = JSON.stringify(
      state,
      (key, value: unknown) => (/^(?:sourcePosition|stackTrace)$/.test(key) ? undefined : value),
      1,
    );
    writeFileSync(join(folder, `${version}.json`), `${text.replaceAll(host, STATE_FILE)}\n`);
  }

  it("are what this version would have made of the same program", async () => {
    expect((await stack.preview()).changes).toEqual([]);
    expect((await stack.refresh()).changes).toEqual([]);
    expect((await stack.up()).changes).toEqual([]);
  });

  it("are destroyed by this version, the host restored", async () => {
    await stack.destroy();
    const { gpus, record } = JSON.parse(readFileSync(host, "utf8")) as {
      gpus: { compute: string }[];
      record: HostRecord;
    };
    expect(gpus.map((gpu) => gpu.compute)).toEqual(["SPX", "SPX"]);
    expect(record).toMatchObject({ reservations: [], owners: {}, before: {} });
  });
});
