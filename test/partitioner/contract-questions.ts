import { describe, expect, test } from "vitest";

import { withReservation } from "../../provider/host-record/changes.ts";
import { BEFORE, type Bench, setCompute } from "./host-under-test.ts";
import { GPUS, pair } from "./host.ts";

const declared = (text: string) => ({
  groups: [{ ...pair(text), path: "computePartition" }],
  skipped: [],
});

/** What the interface answers from one look. */
export function describeQuestions(bench: Bench): void {
  const { kind } = bench;
  const { target, compute, impossible } = kind;

  describe("questions", () => {
    test("about devices are answered from the host as it is now", async () => {
      expect(await bench.partitioner.logicalDevices()).toHaveLength(2);
      await bench.partitioner.apply(setCompute(compute, 0));
      const found = await bench.partitioner.logicalDevices();
      const counts = { QPX: 4, CPX: 6 } as Readonly<Record<string, number>>;
      expect(found).toHaveLength(1 + (counts[compute] ?? 0));
      expect(found.map((device) => device.index)).toEqual(found.map((_, position) => position));
      expect(found.at(-1)).toMatchObject({ id: GPUS[1], gpu: GPUS[1], partition: 0 });
    });

    test("about free memory follow the reservations", async () => {
      const [first, second] = await bench.partitioner.availablePartitions();
      const free = first?.free ?? 0;
      expect(free).toBeGreaterThan(0);
      // The kernel keeps a part of each device for page tables.
      expect(free).toBeLessThan(first?.device.capacity ?? 0);
      const claim = { id: first?.partitionId ?? "", bytes: 1000 };
      await bench.partitioner.record.update((record) =>
        withReservation(record, { key: "project/dev/a", model: "a", devices: [claim], exclusive: false }),
      );
      await bench.partitioner.record.update((record) =>
        withReservation(record, {
          key: "project/dev/b",
          model: "b",
          devices: [{ id: second?.partitionId ?? "", bytes: 1 }],
          exclusive: true,
        }),
      );
      expect(
        (await bench.partitioner.availablePartitions()).map((one) => [one.partitionId, one.free]),
      ).toEqual([[claim.id, free - 1000]]);
      expect(
        (await bench.partitioner.partitionUtilization()).map((one) => [one.reserved, one.models]),
      ).toEqual([
        [1000, ["a"]],
        [1, ["b"]],
      ]);
      // Whoever opens the host next finds the same.
      expect(await (await bench.host.open()).partitionUtilization()).toEqual(
        await bench.partitioner.partitionUtilization(),
      );
    });

    test("about a partitioning change nothing on the host", async () => {
      expect(await bench.partitioner.validatePartitioning(declared(target))).toMatchObject({
        valid: true,
        problems: [],
      });
      const verdict = await bench.partitioner.validatePartitioning(declared(impossible));
      expect(verdict.valid).toBe(false);
      expect(verdict.problems[0]?.message).toContain(
        `asks for ${impossible}, which ${kind.accelerator} does not offer; it offers SPX/NPS1, `,
      );
      expect(bench.host.modes()).toBe(BEFORE);
      expect(bench.host.record()).toBeUndefined();
    });
  });
}
