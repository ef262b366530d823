import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { totalMemoryBytes, visibleGpus } from "../support/fake-node/devices.ts";
import { treeOf } from "../support/fake-node/host-tree.ts";
import type { Tree } from "../support/fake-node/tree.ts";
import { writeTree } from "../support/fake-node/write-tree.ts";
import { runs } from "../support/property-runs.ts";
import { after, history, host } from "./histories.ts";
import { expectedBelow, filesBelow } from "./on-disk.ts";
import { amdSmiView, kernelView, memoryBanks } from "./views.ts";

describe("whatever was done to the host", () => {
  it("KFD, sysfs, /dev and amd-smi tell the same", () => {
    fc.assert(
      fc.property(host(), history(), (first, commands) => {
        const state = after(commands, first);
        expect(amdSmiView(state)).toEqual(kernelView(state, treeOf(state)));
      }),
      { numRuns: runs(200) },
    );
  });

  it("no partition has more memory than its share, and shares add up to the GPU", () => {
    fc.assert(
      fc.property(host(), history(), (first, commands) => {
        const state = after(commands, { ...first, drmNodeLimit: null });
        const banks = memoryBanks(treeOf(state));
        const whole = visibleGpus(state).reduce((sum, _, gpu) => sum + totalMemoryBytes(state, gpu), 0);
        const lost = whole - banks.reduce((a, b) => a + b, 0);
        expect(lost).toBeGreaterThanOrEqual(0);
        expect(lost).toBeLessThanOrEqual(banks.length);
      }),
    );
  });

  it("the files on disk are those of the present state, nothing is left of earlier ones", () => {
    const root = mkdtempSync(join(tmpdir(), "fake-node-tree-"));
    const devices = join(root, "devices");
    let run = 0;
    try {
      fc.assert(
        fc.property(host(), history(), (first, commands) => {
          const directory = join(root, String(run++));
          let state = first;
          let written: Tree = new Map();
          for (const change of [(same: typeof first) => same, ...commands]) {
            state = change(state);
            const tree = treeOf(state);
            writeTree(directory, devices, written, tree);
            written = tree;
          }
          expect(filesBelow(directory)).toEqual(expectedBelow(written));
        }),
        { numRuns: runs(15) },
      );
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
