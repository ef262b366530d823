import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { GPUS, stateOf } from "../partitioner/host.ts";
import { run } from "./in-memory.ts";

const GIB = 1024 ** 3;
const LLAMA = "meta-llama/Llama-3.1-8B-Instruct";

/** Two GPUs of a stack, one of which holds a model, and a process. */
const STATE: SimulatedHostState = {
  ...stateOf(["CPX/NPS1", "SPX/NPS1"]),
  processes: [{ pid: 42, name: "python3", vram: { [GPUS[1] ?? ""]: 3 * GIB } }],
  record: {
    version: 1,
    revision: 3,
    reservations: [
      {
        key: "shop/dev/llama",
        model: `${LLAMA} (fp8)`,
        devices: [{ id: "0000:0c:00.3", bytes: 20 * GIB }],
        exclusive: false,
        since: "2026-01-02T03:04:05.000Z",
      },
      {
        key: "shop/old/gone",
        model: "m\u001B[31m",
        devices: [{ id: "0000:22:00.5", bytes: GIB }],
        exclusive: true,
      },
    ],
    owners: { "gpus/dev/node1": GPUS.slice(0, 2) },
    before: {},
  },
};

let folder: string;
let state: string;
let declaration: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "command-"));
  [state, declaration] = [join(folder, "host.json"), join(folder, "declaration.json")];
  writeFileSync(state, JSON.stringify(STATE));
  writeFileSync(declaration, JSON.stringify({ computePartition: "CPX", memoryPartition: "NPS4" }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = async (...args: readonly string[]): Promise<unknown> => {
  const { stdout, stderr } = await run([...args, "--json"]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
};

describe("the command describe", () => {
  test("shows GPUs, domains, devices, models, free memory, processes and drift", async () => {
    const { status, stdout } = await run(["describe", "--state-file", state]);
    expect(status).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "simulated: 2 x MI300X
      SIMULATION: simulation was asked for; no host is read or changed

      GPU           MODES     DOMAIN  DEVICE        USED               FREE         OF  MODELS
      0000:0c:00.0  CPX/NPS1  nps1.0  0000:0c:00.0  ............   24.0 GiB   24.0 GiB
                                      0000:0c:00.1  ............   24.0 GiB   24.0 GiB
                                      0000:0c:00.2  ............   24.0 GiB   24.0 GiB
                                      0000:0c:00.3  ##########..    4.0 GiB   24.0 GiB  shop/dev/llama: meta-llama/Llama-3.1-8B-Instruct (fp8), 20.0 GiB
                                      0000:0c:00.4  ............   24.0 GiB   24.0 GiB
                                      0000:0c:00.5  ............   24.0 GiB   24.0 GiB
                                      0000:0c:00.6  ............   24.0 GiB   24.0 GiB
                                      0000:0c:00.7  ............   24.0 GiB   24.0 GiB
      0000:22:00.0  SPX/NPS1  nps1.0  0000:22:00.0  -...........  189.0 GiB  192.0 GiB  3.0 GiB without a reservation

      9 devices: 20.0 GiB reserved, 360.8 GiB free of 384.0 GiB

      DECLARATIONS
      gpus/dev/node1: 2 GPUs

      PROCESSES
      pid 42 python3: 0000:22:00.0

      DRIFT
      shop/old/gone reserves 0000:22:00.5 for m\\u{1b}[31m, but that device no longer exists; the next update of its stack places the model again (if that stack is gone, call releaseReservation)
      "
    `);
  });

  test("gives the same facts as JSON", async () => {
    expect(await json("describe", "--state-file", state)).toMatchObject({
      hostId: "simulated",
      capability: { level: "SIMULATION" },
      gpus: [
        {
          id: GPUS[0],
          modes: "CPX/NPS1",
          owner: "gpus/dev/node1",
          domains: [
            { devices: { length: 8, 3: { reserved: 20 * GIB, models: [{ key: "shop/dev/llama" }] } } },
          ],
        },
        { domains: [{ devices: [{ unreserved: 3 * GIB }] }] },
      ],
      owners: [{ key: "gpus/dev/node1" }],
      drift: [expect.stringContaining("shop/old/gone reserves 0000:22:00.5") as unknown],
    });
  });
});

test("describe draws a picture, in the place of text and JSON", async () => {
  const { status, stdout } = await run(["describe", "--state-file", state, "--svg"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*>.*<\/svg>\n$/s);
  expect(await run(["describe", "--simulate", "MI300X", "--svg", "--json"])).toMatchObject({
    status: 2,
    stderr: "pulumi-amd-gpu: --svg and --json exclude each other; give one of them\n",
  });
});

test("detect says what can be done and why", async () => {
  expect(await run(["detect", "--simulate", "MI300X:1"])).toEqual({
    status: 0,
    stdout: "SIMULATION: simulation was asked for; no host is read or changed\n",
    stderr: "",
  });
});

describe("export", () => {
  test("prints a declaration that plan finds in place", async () => {
    const { stdout } = await run(["export", "--state-file", state]);
    const file = join(folder, "exported.json");
    writeFileSync(file, stdout);
    expect(JSON.parse(stdout)).toMatchObject({
      profiles: [{ computePartition: "CPX", numGPUsAssigned: 1 }, {}],
    });
    const planned = await run(["plan", file, "--state-file", state, "--expect-no-changes"]);
    expect(planned).toMatchObject({ status: 0 });
    expect(planned.stdout).toContain("the host is already in the desired layout");
  });

  test("prints a file of Device Config Manager, and both forms as JSON", async () => {
    const { stdout } = await run(["export", "--simulate", "MI300X", "--config-manager"]);
    const both = await json("export", "--simulate", "MI300X");
    expect(both).toEqual({
      declaration: { computePartition: "SPX", memoryPartition: "NPS1" },
      deviceConfigManager: JSON.parse(stdout) as unknown,
    });
  });
});

describe("plan", () => {
  test("shows the steps, whom they would hurt and why the change would be refused", async () => {
    const { status, stdout } = await run(["plan", declaration, "--state-file", state]);
    expect(status).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "drift: memory mode NPS1 differs from NPS4 on 2 GPUs
      GPU 0000:0c:00.0: CPX/NPS1 -> CPX/NPS4, 8 -> 8 devices of 24.0 GiB
      GPU 0000:22:00.0: SPX/NPS1 -> CPX/NPS4, 1 -> 8 devices of 24.0 GiB
      step 1: set memory mode NPS4 (host-wide, staged until the driver reloads)
      step 2: reload the amdgpu driver (2 GPUs)
      step 3: set compute mode CPX on 2 GPUs (0000:0c:00.0, 0000:22:00.0)
      a memory mode applies to the whole host: the driver reloads, which ends every process on its 2 GPUs
      declared by gpus/dev/node1
      warning: GPUs are in use by python3 (pid 42 on 0000:22:00.0); stop it first, or the update is refused
      refused: shop/dev/llama reserves 0000:0c:00.3 for meta-llama/Llama-3.1-8B-Instruct (fp8), and this change removes that device; remove that allocation first
      refused: shop/old/gone reserves 0000:22:00.5 for m\\u{1b}[31m, and this change removes that device; remove that allocation first
      "
    `);
  });

  test("says no where something would change and nothing should", async () => {
    const args = ["plan", declaration, "--simulate", "MI300X:1"];
    expect((await run(args)).status).toBe(0);
    expect((await run([...args, "--expect-no-changes"])).status).toBe(1);
    expect(await json(...args)).toMatchObject({
      owner: null,
      refusals: [],
      plan: {
        steps: [{ action: "setMemoryMode" }, { action: "reloadDriver" }, { action: "setComputeMode" }],
      },
    });
  });

  test("plans for the owner that is named", async () => {
    expect(await json("plan", declaration, "--state-file", state, "--owner", "a/b/c")).toMatchObject({
      owner: "a/b/c",
      refusals: expect.arrayContaining([
        expect.objectContaining({ code: "gpu-of-another-owner" }),
      ]) as unknown,
    });
  });
});

describe("estimate", () => {
  test("shows each term and where the model fits", async () => {
    const { status, stdout } = await run([
      "estimate",
      "meta-llama/Llama-3.1-70B-Instruct",
      "--precision",
      "fp8",
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "meta-llama/Llama-3.1-70B-Instruct: the catalog's meta-llama/Llama-3.1-70B
      fp8 weights, 8192 tokens of context, 16 sequences, vllm, 1 rank

      MEMORY OF A RANK   AT LEAST     LIKELY    AT MOST
      weights            67.7 GiB   67.7 GiB   68.4 GiB
      KV cache           40.0 GiB   40.0 GiB   40.0 GiB
      activations         288 MiB    464 MiB    542 MiB
      graphs                  0 B    280 MiB    1.3 GiB
      runtime              51 MiB    1.5 GiB    1.9 GiB
      sum               108.0 GiB  109.9 GiB  112.2 GiB

      MI300X    DEVICES  USABLE OF EACH  MODEL
      SPX/NPS1        1       192.0 GiB  112.2 GiB on 1 device
      DPX/NPS1        2        96.0 GiB  59.6 GiB on each of 2 devices
      DPX/NPS2        2        96.0 GiB  59.6 GiB on each of 2 devices
      QPX/NPS1        4        48.0 GiB  32.4 GiB on each of 4 devices
      QPX/NPS4        4        48.0 GiB  32.4 GiB on each of 4 devices
      CPX/NPS1        8        24.0 GiB  19.0 GiB on each of 8 devices
      CPX/NPS4        8        24.0 GiB  19.0 GiB on each of 8 devices

      warning: vLLM quantises meta-llama/Llama-3.1-70B-Instruct to fp8 while loading it; older releases load all 16-bit weights first and may run out of memory
      "
    `);
  });

  test("says no where the model does not fit the modes that are named", async () => {
    const args = ["estimate", "meta-llama/Llama-3.1-70B-Instruct", "--tensor-parallel", "1"];
    expect((await run([...args, "--on", "MI300X:CPX/NPS4"])).status).toBe(1);
    expect(await json(...args, "--on", "MI300X:SPX/NPS1")).toMatchObject({
      ok: true,
      tensorParallel: 1,
      fits: [{ modes: "SPX/NPS1", devices: 1, fits: true }],
    });
  });

  test("says that a model is unknown", async () => {
    const { status, stdout } = await run(["estimate", "./no-such-folder"]);
    expect(status).toBe(1);
    expect(stdout).toContain("no-such-folder");
  });
});

test("capacity shows the layouts that hold the models, and where the models are", async () => {
  const { status, stdout } = await run([
    "capacity",
    `${LLAMA}=2`,
    "--precision",
    "fp8",
    "--simulate",
    "MI300X:1",
  ]);
  expect(status).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "fits: 1 x MI300X without reservations, 7 layouts tried

    LAYOUT        CHANGED  DRIVER       FREE  LARGEST FREE DEVICE
    1 x SPX/NPS1   0 GPUs  stays   137.3 GiB            137.3 GiB
    1 x DPX/NPS1    1 GPU  stays   137.3 GiB             96.0 GiB
    1 x QPX/NPS1    1 GPU  stays   137.2 GiB             48.0 GiB
    1 x CPX/NPS1    1 GPU  stays   124.7 GiB             24.0 GiB
    1 x DPX/NPS2    1 GPU  reload  137.3 GiB             96.0 GiB

    MODEL                               DEVICES   OF EACH
    meta-llama/Llama-3.1-8B-Instruct-0  gpu-0.0  27.4 GiB
    meta-llama/Llama-3.1-8B-Instruct-1  gpu-0.0  27.4 GiB
    "
  `);
  expect((await run(["capacity", `${LLAMA}=40`, "--simulate", "MI300X:1"])).status).toBe(1);
});

describe("reservations", () => {
  test("are listed, without obeying what a host has written", async () => {
    const { status, stdout } = await run(["reservations", "--state-file", state]);
    expect(status).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "KEY             MODEL                                   DEVICE               RESERVED  SINCE
      shop/dev/llama  meta-llama/Llama-3.1-8B-Instruct (fp8)  0000:0c:00.3         20.0 GiB  2026-01-02T03:04:05.000Z
      shop/old/gone   m\\u{1b}[31m, exclusive                  0000:22:00.5 (gone)   1.0 GiB
      "
    `);
  });

  test("are released only by name, after they are shown and confirmed", async () => {
    const file = join(folder, "release.json");
    writeFileSync(file, JSON.stringify(STATE));
    const args = ["reservations", "--state-file", file, "--release", "shop/old/gone"];
    const listed = async (): Promise<unknown> => json("reservations", "--state-file", file);
    expect(await run(args)).toEqual({
      status: 2,
      stdout: "",
      stderr: "pulumi-amd-gpu: --release asks before it releases; where nobody can answer, add --yes\n",
    });
    const refused = await run(args, { answers: ["n"] });
    expect(refused).toMatchObject({ status: 1, stdout: "nothing was released\n" });
    expect(refused.stderr).toContain("0000:22:00.5 (gone)");
    expect(refused.stderr).toContain("release 1 reservation? [y/N]");
    expect(await run([...args, "--release", "a/b/c", "--yes"])).toMatchObject({
      status: 1,
      stdout: "there is no reservation a/b/c; nothing was released\n",
    });
    expect(await listed()).toMatchObject({ reservations: { length: 2 } });
    const done = await run(args, { answers: ["y"] });
    expect(done.status).toBe(0);
    expect(done.stderr).toContain("released shop/old/gone\n");
    expect(await listed()).toMatchObject({ reservations: [{ key: "shop/dev/llama" }], released: [] });
  });
});

test("doctor checks a simulated host", async () => {
  expect(await json("doctor", "--state-file", state)).toMatchObject({
    target: "simulated host",
    ok: true,
    checks: expect.arrayContaining([
      expect.objectContaining({ name: "processes", state: "warning" }),
    ]) as unknown,
  });
});

describe("help", () => {
  test("lists the commands, and the version is that of the package", async () => {
    expect(await run(["--version"])).toEqual({ status: 0, stdout: "1.2.3\n", stderr: "" });
    const { stdout, status } = await run(["--help"]);
    expect(status).toBe(0);
    for (const name of [
      "detect",
      "describe",
      "export",
      "plan",
      "estimate",
      "capacity",
      "reservations",
      "doctor",
    ])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  test.each(["detect", "describe", "export", "plan", "estimate", "capacity", "reservations", "doctor"])(
    "of %s has examples that are command lines of it",
    async (name) => {
      const { stdout, status } = await run([name, "--help"]);
      expect(status).toBe(0);
      const shown = [...stdout.matchAll(/^ {2}\$ pulumi-amd-gpu (\w+)/gm)].map(([, command]) => command);
      expect(shown.length).toBeGreaterThan(1);
      expect(new Set(shown)).toEqual(new Set([name]));
    },
  );
});

describe("a mistake is one sentence and status 2:", () => {
  test.each<readonly [readonly string[], string]>([
    [[], "give a command; --help lists them"],
    [["describ"], "unknown command 'describ' (Did you mean describe?)"],
    [["describe", "--jsn"], "unknown option '--jsn' (Did you mean --json?)"],
    [["describe", "a", "b"], "too many arguments for 'describe'. Expected 1 argument but got 2."],
    [["plan"], "missing required argument 'declaration'"],
    [["plan", "/nowhere.json"], "cannot read /nowhere.json: there is no such file"],
    [["plan", "/dev/null"], "/dev/null is not JSON; `pulumi-amd-gpu export` prints a declaration"],
    [
      ["describe", "ssh://gpu1"],
      'connection.host must be a name or an address without a scheme; remove "ssh://"',
    ],
    [["describe", "gpu1", "-p", "70000"], "connection.port must be at most 65535"],
    [["describe", "gpu1", "-i", "/nowhere"], "cannot read the private key /nowhere: there is no such file"],
    [
      ["describe", "gpu1", "--ask-password"],
      "--ask-password needs a terminal; set PULUMI_AMD_GPU_PASSWORD instead",
    ],
    [
      ["describe", "--amd-smi", "amd-smi"],
      'amdSmiPath must be the absolute path of amd-smi, without spaces and quotes (it is "amd-smi")',
    ],
    [
      ["estimate", "m", "--on", "MI300X:CPX/NPS2"],
      "MI300X does not offer CPX/NPS2; it offers SPX/NPS1, DPX/NPS1, DPX/NPS2, QPX/NPS1, QPX/NPS4, CPX/NPS1, CPX/NPS4",
    ],
    [["capacity", "m", "m"], "m is given twice; write m=2 for two replicas"],
    [["reservations", "--yes"], "--yes confirms --release; name a reservation with --release"],
  ])("%j", async (args, sentence) => {
    expect(await run(args)).toEqual({ status: 2, stdout: "", stderr: `pulumi-amd-gpu: ${sentence}\n` });
  });

  test("a declaration that the schema refuses", async () => {
    const file = join(folder, "wrong.json");
    writeFileSync(file, JSON.stringify({ computePartition: "XPX", memoryPartition: "NPS1", connection: {} }));
    const { status, stdout, stderr } = await run(["plan", file, "--simulate", "MI300X"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(
      "pulumi-amd-gpu: connection is an argument of openHost; leave it out of the declaration\n",
    );
  });
});

test("colours are those of a terminal", async () => {
  const args = ["detect", "--simulate", "MI300X"];
  expect((await run(args, { colours: "colours" })).stdout).toContain("\u001B[33mSIMULATION\u001B[39m");
});
