import { describe, expect, test } from "vitest";

import { parseDriverModule } from "../../../provider/detection/assemble/driver-module.ts";
import { drmLimitOf } from "../../../provider/detection/assemble/drm-limit.ts";
import { observeHost } from "../../../provider/detection/observe.ts";
import { parseDrmNodes } from "../../../provider/detection/parse/drm-nodes.ts";
import { startFakeNode } from "../../support/fake-node/start.ts";
import { executorTo, OBSERVE_MS, observeNode } from "../observe-node.ts";

const LOADED = "[    9.1] amdgpu 0000:0c:00.0: initializing kernel modesetting (IP DISCOVERY 0x1002:0x74A1).";
const REQUESTED =
  "[  968.1] amdgpu 0000:0c:00.0: amdgpu: NPS mode change requested, please remove and reload the driver";

const staged = (...lines: readonly string[]) => parseDriverModule(new Map(), lines.join("\n")).staged;

describe("a memory mode that waits for a load of the driver", () => {
  test("was requested after the last load, however much of the log is left", () => {
    expect(staged(LOADED, REQUESTED)).toBe("requested");
    expect(staged(REQUESTED)).toBe("requested");
    expect(staged(REQUESTED, LOADED)).toBe("unsaid");
    expect(staged("[drm] amdgpu kernel modesetting enabled.")).toBe("unsaid");
    expect(staged("")).toBe("unsaid");
  });

  test.each(["root", "ops"] as const)(
    "is found on a host where %s reads, until it is loaded",
    async (user) => {
      const node = await startFakeNode({ rocm: "7.2", user, gpus: 2 });
      const executor = executorTo(node);
      const look = async () => (await observeHost(executor, OBSERVE_MS)).driverModule.staged;
      try {
        expect(await look()).toBe("unsaid");
        await node.change((state) => ({ ...state, staged: "NPS4" }));
        expect(await look()).toBe("requested");
        await node.change((state) => ({ ...state, staged: null, memory: "NPS4", loads: 1 }));
        expect(await look()).toBe("unsaid");
      } finally {
        await executor.close();
        await node.stop();
      }
    },
  );

  test("cannot be told without root, or from a log that has gone round", async () => {
    const alone = await observeNode({
      rocm: "7.2",
      user: "ops",
      sudo: "denied",
      staged: "NPS4",
      processes: [{ name: "python3", gpu: 0 }],
    });
    expect(alone.observation).toMatchObject({ processesSeen: "kfd", driverModule: { staged: "unsaid" } });
    const late = await observeNode({ rocm: "7.2", staged: "NPS4", kernelLog: "gone-round" });
    expect(late.observation).toMatchObject({ processesSeen: "all", driverModule: { staged: "unsaid" } });
  });
});

describe("the module", () => {
  test("is observed as reloadable, as used by others, and as driver of the console", async () => {
    const { observation } = await observeNode({
      rocm: "7.2",
      overrides: {
        outputs: {},
        files: {
          "/sys/module/amdgpu/holders/peer_direct": "",
          "/sys/class/graphics/fb0/name": "amdgpudrmfb\n",
        },
      },
    });
    expect(observation.driverModule).toEqual({
      computeSwitch: "idle-gpu",
      kind: "module",
      usedBy: ["peer_direct"],
      modprobe: "present",
      console: "fb0",
      staged: "unsaid",
    });
  });

  test("that is part of the kernel has no state of its own", async () => {
    const { observation } = await observeNode({
      rocm: "7.2",
      overrides: { outputs: {}, files: { "/sys/module/amdgpu/initstate": null } },
    });
    expect(observation.driverModule.kind).toBe("built-in");
  });

  test("of a host that reports nothing has no kind", () => {
    expect(parseDriverModule(new Map([["modprobe", "no"]]), "")).toEqual({
      computeSwitch: "unsaid",
      kind: "unsaid",
      usedBy: [],
      modprobe: "missing",
      console: undefined,
      staged: "unsaid",
    });
  });
});

describe("DRM devices", () => {
  test("are counted for each GPU, and the display's is named, on a kernel that is full", async () => {
    const { observation } = await observeNode({ gpus: 8, rocm: "7.2", display: "ast", drmNodeLimit: 64 });
    expect(observation.drm).toMatchObject({ state: "reached", others: ["ast (card0)"] });
    expect(Object.values(observation.drm.devices)).toEqual([8, 8, 8, 8, 8, 8, 8, 7]);
  });

  test("are not short on a kernel that makes more", async () => {
    const { observation } = await observeNode({ gpus: 8, rocm: "7.2", display: "ast" });
    expect(observation.drm.state).toBe("unsaid");
  });

  test("beyond 64 mean that there is no such limit", () => {
    const cards = Array.from({ length: 63 }, (_, minor) => `0000:0c:00.0/drm/card${minor}`);
    const nodes = (last: string) => parseDrmNodes([...cards, `0000:0c:00.0/drm/${last}`].join(" "));
    expect(drmLimitOf(nodes("card63"), []).state).toBe("reached");
    expect(drmLimitOf(nodes("card192"), []).state).toBe("unsaid");
    expect(drmLimitOf(nodes("renderD128"), []).state).toBe("unsaid");
  });
});

test.each([
  ["7.0", "kept", "idle-gpu"],
  ["7.0", "absent", "unsaid"],
  ["7.0", "of-two-builds", "unsaid"],
  ["6.4.2", "kept", "idle-host"],
  ["6.4.2", "absent", "idle-host"],
  ["7.2", "absent", "idle-gpu"],
] as const)(
  "the driver of ROCm %s, whose source is %s on the host, needs %s",
  async (rocm, driverSource, expected) => {
    const { observation } = await observeNode({ rocm, driverSource });
    expect(observation.driverModule.computeSwitch).toBe(expected);
  },
);
