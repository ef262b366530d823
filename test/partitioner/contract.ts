import { afterAll, beforeAll, beforeEach, describe } from "vitest";

import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import { describeChanges } from "./contract-changes.ts";
import { describeQuestions } from "./contract-questions.ts";
import { describeSteps } from "./contract-steps.ts";
import type { HostUnderTest, Kind } from "./host-under-test.ts";

/** What every partitioner promises, whether its host is a machine or a file. */
export function describePartitioner(name: string, kind: Kind, start: () => Promise<HostUnderTest>): void {
  describe(`${name}:`, () => {
    let host: HostUnderTest;
    let partitioner: Partitioner;
    beforeAll(async () => {
      host = await start();
    });
    beforeEach(async () => {
      await host.reset();
      partitioner = await host.open();
    });
    afterAll(() => host.stop());

    const bench = {
      kind,
      get host() {
        return host;
      },
      get partitioner() {
        return partitioner;
      },
    };
    describeSteps(bench);
    describeQuestions(bench);
    describeChanges(bench);
  });
}
