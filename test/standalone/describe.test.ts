import { expect, test } from "vitest";

import { bytes, gibibytes } from "../../provider/bytes.ts";
import { type DescribedDevice, describeHost } from "../../provider/standalone/describe.ts";
import { GPUS, hostOf } from "../partitioner/host.ts";

const capability = { level: "REAL_PARTITIONING", reason: "it works" } as const;

const claim = (key: string, id: string, gib: number, exclusive = false) => ({
  key,
  model: key,
  devices: [{ id, bytes: gibibytes(gib) }],
  exclusive,
});

test("each device has what is reserved, what processes use beside it, and what is left", () => {
  const [gpu = ""] = GPUS;
  const observation = hostOf(["DPX/NPS1"], "MI300X", {
    record: { reservations: [claim("a", gpu, 10), claim("b", gpu, 20), claim("c", "0000:0c:00.1", 1, true)] },
    gpuProcesses: [{ pid: 1, name: "python3", gpus: [gpu], vram: { [gpu]: gibibytes(34) } }],
  });
  const [described] = describeHost({ capability, observation }).gpus;
  const devices = described?.domains.flatMap((domain) => domain.devices) as [
    DescribedDevice,
    DescribedDevice,
  ];
  const [first, second] = devices;
  expect(first).toMatchObject({ id: gpu, index: 0, renderNode: "/dev/dri/renderD128" });
  expect([first.reserved, first.unreserved]).toEqual([gibibytes(30), gibibytes(4)]);
  expect(first.free).toBeGreaterThan(gibibytes(96 - 30 - 4 - 1));
  expect(first.free).toBeLessThan(gibibytes(96 - 30 - 4));
  expect(second).toMatchObject({ free: bytes(0), models: [{ key: "c", exclusive: true }] });
});

test("devices of several memory domains are in their domain, and a GPU without modes has none", () => {
  const { gpus } = describeHost({ capability, observation: hostOf(["CPX/NPS4"]) });
  expect(gpus[0]?.domains.map(({ id, devices }) => [id, devices.length])).toEqual(
    [0, 1, 2, 3].map((number) => [`0000:0c:00/nps4.${number}`, 2]),
  );
  const plain = hostOf(["SPX/NPS1"]);
  const observation = { ...plain, gpus: plain.gpus.map((gpu) => ({ ...gpu, modes: undefined })) };
  expect(describeHost({ capability, observation }).gpus[0]).toMatchObject({ modes: null, domains: [] });
});

test("drift is what the record says and the host does not show", () => {
  const [gpu = "", missing = ""] = GPUS;
  const observation = hostOf(["SPX/NPS1"], "MI300X", {
    record: {
      owners: { "gpus/dev/node1": [gpu, missing] },
      bootId: "an earlier one",
      reservations: [claim("shop/dev/llama", "0000:0c:00.4", 1)],
      journal: {
        key: "gpus/dev/node1",
        bootId: "simulated",
        before: { [gpu]: { compute: "SPX", memory: "NPS1" } },
        desired: { [gpu]: { compute: "CPX", memory: "NPS1" } },
        step: 0,
        steps: ["set compute mode CPX"],
      },
    },
  });
  expect(describeHost({ capability, observation })).toMatchObject({
    gpus: [{ owner: "gpus/dev/node1" }],
    owners: [{ change: "unfinished" }],
    drift: [
      `gpus/dev/node1 declares ${missing}, which the driver does not show`,
      expect.stringContaining("set compute mode CPX"),
      expect.stringContaining("the host was rebooted since the last change"),
      expect.stringContaining("shop/dev/llama reserves 0000:0c:00.4"),
    ],
  });
  expect(describeHost({ capability, observation: hostOf(["SPX/NPS1"]) }).drift).toEqual([]);
});

test("a description is plain JSON", () => {
  const description = describeHost({ capability, observation: hostOf(["CPX/NPS4", "CPX/NPS4"]) });
  const text = JSON.stringify(description);
  expect(JSON.parse(text)).toEqual(description);
});
