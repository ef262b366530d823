import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import { failureOf } from "../remote/connection-to.ts";
import type { Fault } from "../support/fake-node/state.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";
import { declareAll, GPUS } from "./host.ts";

const [FIRST = "", SECOND = "", THIRD = ""] = GPUS;

interface Case {
  readonly faults: readonly Fault[];
  readonly to: string;
  /** What amd-smi refused, its class, and which GPU. */
  readonly says: Readonly<Record<"10.0" | "10.2", RegExp>>;
}

const BUSY = "AMDSMI_STATUS_BUSY";

/** What amd-smi answers with an exception in 10.0 and with rows, exit codes of the library and no PCI address in 10.2. */
const CASES: Readonly<Record<string, Case>> = {
  "one GPU in use": {
    faults: [{ on: "set-compute", gpu: 1, does: BUSY, times: 1 }],
    to: "CPX/NPS1",
    says: {
      "10.0": new RegExp(String.raw`\(busy\): ValueError: Unable to set .* BDF:${SECOND}\.`),
      "10.2": new RegExp(
        String.raw`\(busy\): ${SECOND}: \[${BUSY}\] Unable to set accelerator partition to CPX`,
      ),
    },
  },
  "a mode that is not available now, which the host explains in several lines": {
    faults: [{ on: "set-compute", gpu: 0, does: "AMDSMI_STATUS_SETTING_UNAVAILABLE", times: 1 }],
    to: "QPX/NPS1",
    says: {
      "10.0": new RegExp(String.raw`\(not-allowed-now\): .*BDF:${FIRST}`),
      "10.2": new RegExp(
        String.raw`\(not-allowed-now\): ${FIRST}: \[AMDSMI_STATUS_SETTING_UNAVAILABLE\] Unable .* Please check .* Users may need`,
      ),
    },
  },
  "GPUs that refuse for different reasons": {
    faults: [
      { on: "set-compute", gpu: 0, does: "AMDSMI_STATUS_INVAL", times: 1 },
      { on: "set-compute", gpu: 2, does: BUSY, times: 1 },
    ],
    to: "CPX/NPS1",
    says: {
      "10.0": new RegExp(String.raw`\(not-allowed-now\): .*BDF:${FIRST}`),
      "10.2": new RegExp(
        String.raw`\(busy\): ${FIRST}: \[AMDSMI_STATUS_INVAL\] [^;]*; ${THIRD}: \[${BUSY}\] `,
      ),
    },
  },
  "a memory mode": {
    faults: [{ on: "set-memory", does: "AMDSMI_STATUS_NOT_SUPPORTED", times: 1 }],
    to: "CPX/NPS4",
    says: {
      "10.0": /\(not-supported\): \[AMDSMI_STATUS_NOT_SUPPORTED\] Unable to set memory partition to NPS4/,
      "10.2": /\(not-supported\): \[AMDSMI_STATUS_NOT_SUPPORTED\] Unable to set memory partition to NPS4/,
    },
  },
};

describe.each(["10.0", "10.2"] as const)("ROCm %s", (rocm) => {
  let host: HardwareHost;
  let partitioner: Partitioner;
  beforeAll(async () => {
    host = await hardwareHost({ rocm, gpus: 3 });
  });
  beforeEach(async () => {
    await host.reset();
    partitioner = await host.open();
  });
  afterAll(() => host.stop());

  test("is known: the observation has no warning", async () => {
    expect(await partitioner.observe()).toMatchObject({ problems: [], amdSmi: { state: "working" } });
  });

  test.each(Object.entries(CASES))(
    "refuses %s: the error names the class and the GPU, never a bracket, and the host is rolled back",
    async (_, { faults, to, says }) => {
      await host.set({ faults });
      const failure = await failureOf(reconcile(partitioner, requestFor(declareAll(to, 3))));
      expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
      expect(failure.message).toMatch(says[rocm]);
      expect(failure.message).not.toMatch(/[[\]{}]\.? It was|\n/);
      expect(host.modes()).toBe(Array(3).fill("SPX/NPS1").join(" "));
    },
  );
});
