import { describe, expect, test } from "vitest";

import { isGuest } from "../../../provider/detection/assemble/guest.ts";
import { parseProbe } from "../../../provider/detection/parse-probe.ts";
import { ACCELERATORS } from "../../../provider/topology/accelerators.ts";
import { ONE_MI300X, probeOutput, TOKEN, withLine } from "../probe-output.ts";
import { cardFiles } from "./gpu-parts.ts";

const MI300X = 0x74_a1;
const MI300X_VF = 0x74_b5;
const MI210 = 0x74_0f;

describe("an SR-IOV guest", () => {
  test("has virtual functions, whatever else it says", () => {
    for (const id of ACCELERATORS.flatMap((one) => one.guestDeviceIds)) {
      expect(isGuest("virtual", [id], [cardFiles({})])).toBe(true);
      expect(isGuest("physical", [id], [])).toBe(true);
    }
  });

  test("is a virtual machine whose driver shows a mode and offers none, whatever the id of its GPU", () => {
    expect(isGuest("virtual", [0x74_ff], [cardFiles({ compute: "SPX", memory: "NPS1" })])).toBe(true);
    expect(isGuest("virtual", [MI300X], [cardFiles({})])).toBe(true);
  });

  test("is not a virtual machine with a whole GPU passed through", () => {
    expect(
      isGuest("virtual", [MI300X], [cardFiles({ compute: "SPX", availableCompute: ["SPX", "CPX"] })]),
    ).toBe(false);
  });

  test("is not a virtual machine with a GPU that has no modes anyway, or none at all", () => {
    expect(isGuest("virtual", [MI210], [cardFiles({})])).toBe(false);
    expect(isGuest("virtual", [], [])).toBe(false);
  });

  test("is not a physical host whose driver is too old to say anything", () => {
    expect(isGuest("physical", [MI300X], [cardFiles({})])).toBe(false);
  });
});

test("the modes of a guest's GPU are the hypervisor's: they are described, and no other is offered", () => {
  const files = withLine(
    withLine(ONE_MI300X, "cards", "card1/device/available_compute_partition:SPX, DPX, QPX, CPX\n", ""),
    "cards",
    "card1/device/available_memory_partition:NPS1, NPS2, NPS4\n",
    "",
  );
  const parts = withLine(files, "nodes", `device_id ${MI300X}`, `device_id ${MI300X_VF}`);
  const observation = parseProbe(probeOutput(parts), TOKEN, "guest");
  expect(observation.guest).toBe(true);
  expect(observation.gpus).toMatchObject([
    {
      accelerator: "MI300X VF",
      modes: { compute: "SPX", memory: "NPS1" },
      fixed: true,
      permitted: [],
      devicesByMode: { SPX: 1 },
    },
  ]);
  expect(observation.problems).toEqual([]);
});
