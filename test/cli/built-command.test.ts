import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { withOwner, withReservation } from "../../provider/host-record/changes.ts";
import { observedModes } from "../../provider/partitioner/plan/host-modes.ts";
import type { Diagnosis } from "../../provider/standalone/diagnosis/checks.ts";
import { openHost } from "../../provider/standalone/lazy.ts";
import { partitionerOf } from "../../provider/standalone/usable.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";
import { OPERATOR } from "../support/fake-node/accounts.ts";
import { type FakeNode, type FakeNodeOptions, startFakeNode } from "../support/fake-node/start.ts";
import { generateKey } from "../support/ssh-key.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";

const MAIN = join(findPackageRoot(), "dist/cli/main.js");

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "command-home-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The built command as a process of its own, in an empty home, without an agent. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: home,
    env: { PATH, HOME: home, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) => {
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

let node: FakeNode;
const start = async (options: FakeNodeOptions = {}): Promise<void> => {
  node = await startFakeNode({ gpus: 2, rocm: "7.2", ...options });
};
afterEach(() => node?.stop());

/** How ssh would be told to reach the node. */
const there = (hostKey = node.hostKey): readonly string[] => [
  `${node.connection.user}@${node.host}`,
  "-p",
  String(node.port),
  "-i",
  node.clientKeyPath,
  "--host-key",
  hostKey,
];

const knownHost = (one: Pick<Sshd, "host" | "port" | "hostKey">): string =>
  `[${one.host}]:${one.port} ${one.hostKey}\n`;

/** A declaration and a model of a stack, written into the host's record as a run of it does. */
async function occupy(): Promise<void> {
  const host = await openHost({ connection: node.connection });
  const { observation } = host;
  const modes = observedModes(observation);
  const devices = [{ id: observation.devices[0]?.id ?? "", bytes: 20 * 1024 ** 3 }];
  await partitionerOf(host).record.update((record) =>
    withReservation(withOwner(record, "gpus/dev/node1", [...modes.keys()], modes), {
      key: "shop/dev/llama",
      model: "meta-llama/Llama-3.1-8B-Instruct (fp8)",
      devices,
      exclusive: false,
    }),
  );
  await host.close();
}

const statesOf = ({ stdout }: Ran): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (JSON.parse(stdout) as Diagnosis).checks.map(({ name, state, code }) => [name, `${state} ${code}`]),
  );

describe("on a host behind a real SSH server", () => {
  test("goes through a jump host with the same key, and checks the host keys of both", async () => {
    await start();
    const bastion = await startSshd();
    try {
      const known = join(home, "known");
      const jump = `root@${bastion.host}:${bastion.port}`;
      const args = [
        "detect",
        `${node.connection.user}@${node.host}`,
        "-p",
        String(node.port),
        "-i",
        node.clientKeyPath,
        "-J",
        jump,
        "-o",
        `UserKnownHostsFile=${known}`,
      ];
      writeFileSync(known, knownHost(node) + knownHost(bastion));
      expect(await run(args)).toMatchObject({ status: 0, stderr: "" });
      expect(bastion.counts().connections).toBe(1);
      writeFileSync(known, knownHost(node));
      expect((await run(args)).stderr).toContain("the jump host");
    } finally {
      await bastion.stop();
    }
  });

  test("detects, describes, exports, plans, lists and releases, and changes nothing else", async () => {
    await start();
    await occupy();
    node.clearCommands();
    expect(await run(["detect", ...there()])).toEqual({
      status: 0,
      stdout: "REAL_PARTITIONING: 2 x MI300X with a working amd-smi 26.2.1\n",
      stderr: "",
    });
    const described = await run(["describe", ...there()]);
    expect(described).toMatchObject({ status: 0, stderr: "" });
    expect(described.stdout).toContain("2 x MI300X");
    expect(described.stdout).toContain("shop/dev/llama: meta-llama/Llama-3.1-8B-Instruct (fp8), 20.0 GiB");

    const exported = await run(["export", ...there()]);
    expect(JSON.parse(exported.stdout)).toEqual({ computePartition: "SPX", memoryPartition: "NPS1" });
    const file = join(home, "declaration.json");
    writeFileSync(file, exported.stdout);
    expect(await run(["plan", file, ...there(), "--expect-no-changes"])).toMatchObject({ status: 0 });
    writeFileSync(file, JSON.stringify({ computePartition: "CPX", memoryPartition: "NPS1" }));
    await node.holdGpus([{ name: "python3", gpu: 1 }]);
    const planned = await run(["plan", file, ...there()]);
    expect(planned.status).toBe(1);
    expect(planned.stdout).toContain("SPX/NPS1 -> CPX/NPS1, 1 -> 8 devices of 24.0 GiB");
    expect(planned.stdout).toContain("refused: shop/dev/llama reserves");
    expect(planned.stdout).toMatch(/warning: GPUs are in use by python3 \(pid \d+/);

    const capacity = await run(["capacity", "meta-llama/Llama-3.1-8B-Instruct", "--host", ...there()]);
    expect(capacity.stdout).toContain("fits: 2 x MI300X");

    const refused = await run(["reservations", ...there(), "--release", "shop/dev/llama"]);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect((await run(["reservations", ...there()])).stdout).toContain("shop/dev/llama");
    const released = await run(["reservations", ...there(), "--release", "shop/dev/llama", "--yes"]);
    expect(released).toMatchObject({ status: 0, stdout: "nothing is reserved\n" });
    expect(released.stderr).toContain("released shop/dev/llama");
    const record = JSON.parse(node.readFile("/var/lib/pulumi-amd-gpu/host.json") ?? "") as object;
    expect(record).toMatchObject({ reservations: [], owners: { "gpus/dev/node1": { length: 2 } } });
    const changes = node.commands().filter(({ argv, tool }) => argv[0] === "set" || tool === "modprobe");
    expect(changes).toEqual([]);
  });

  test("logs in with a password of the environment, which no argument has", async () => {
    await start({ user: "ops" });
    const [host = "", ...options] = there();
    const withoutKey = options.filter((one) => one !== "-i" && one !== node.clientKeyPath);
    const env = { PULUMI_AMD_GPU_PASSWORD: OPERATOR.password };
    expect(await run(["detect", host, ...withoutKey], env)).toMatchObject({ status: 0, stderr: "" });
    const wrong = await run(["detect", host, ...withoutKey], { PULUMI_AMD_GPU_PASSWORD: "sesame" });
    expect(wrong).toMatchObject({ status: 1, stdout: "" });
    expect(wrong.stderr).toMatch(/^pulumi-amd-gpu: cannot log in to [^\n]+\n$/);
    expect(wrong.stderr).not.toContain("sesame");
  });

  test("takes the usual files of ssh", async () => {
    await start();
    const known = join(home, "known_hosts");
    writeFileSync(known, `[${node.host}]:${node.port} ${node.hostKey}\n`);
    const options = [
      `Port=${node.port}`,
      `IdentityFile=${node.clientKeyPath}`,
      `UserKnownHostsFile=${known}`,
    ];
    const args = ["detect", node.host, ...options.flatMap((option) => ["-o", option])];
    expect(await run(args)).toMatchObject({ status: 0, stderr: "" });
  });
});

const doctor = (hostKey?: string): Promise<Ran> => run(["doctor", "--json", ...there(hostKey)]);

describe("doctor", () => {
  test("finds a host ready", async () => {
    await start({ user: "ops" });
    await occupy();
    const found = await doctor();
    expect(found).toMatchObject({ status: 0, stderr: "" });
    expect(statesOf(found)).toEqual({
      name: "ok name-resolves",
      ssh: "ok ssh-answers",
      "host-key": "ok host-key-trusted",
      login: "ok logged-in",
      shell: "ok shell-starts",
      rights: "ok right-is-sudo",
      record: "ok record-readable",
      accelerators: "ok accelerators-found",
      driver: "ok driver-shows-all",
      kfd: "ok kfd-shows-devices",
      "amd-smi": "ok amd-smi-works",
      capability: "ok REAL_PARTITIONING",
      processes: "ok gpus-idle",
      "boot-units": "ok boot-units-none",
      change: "ok change-none",
    });
  });

  test.each<readonly [string, FakeNodeOptions, Readonly<Record<string, string>>]>([
    [
      "no sudo",
      { user: "ops", sudo: "denied" },
      { login: "ok logged-in", rights: "failure no-right", capability: "failure NONE" },
    ],
    [
      "no amd-smi",
      { amdSmi: "absent" },
      { kfd: "ok kfd-shows-devices", "amd-smi": "failure amd-smi-absent", capability: "failure NONE" },
    ],
  ])("names what is missing: %s", async (_title, options, states) => {
    await start(options);
    const found = await doctor();
    expect(found.status).toBe(1);
    expect(statesOf(found)).toMatchObject(states);
  });

  test("names a driver that is not loaded, and processes on GPUs", async () => {
    await start();
    await node.holdGpus([{ name: "python3", gpu: 1 }]);
    const held = await doctor();
    expect(held.status).toBe(0);
    expect(statesOf(held)["processes"]).toBe("warning gpus-open");
    await node.releaseGpus(node.state().processes.map(({ pid }) => pid));
    await node.change((state) => ({ ...state, driver: "unloaded" }));
    const found = await doctor();
    expect(found.status).toBe(1);
    expect(statesOf(found)).toMatchObject({
      accelerators: "ok accelerators-found",
      driver: "failure driver-not-loaded",
      kfd: "skipped not-reached",
      capability: "failure NONE",
    });
  });

  test("stops at a host key, a login, a port and a name that are wrong, and says what it did not check", async () => {
    await start();
    const wrongKey = await doctor(generateKey().publicKey);
    expect(wrongKey.status).toBe(1);
    expect(statesOf(wrongKey)).toMatchObject({
      ssh: "ok ssh-answers",
      "host-key": "failure check-failed",
      login: "skipped not-reached",
      change: "skipped not-reached",
    });
    const [host = "", port = "", number = "", , , ...rest] = there();
    const key = generateKey().path;
    const stranger = await run(["doctor", "--json", host, port, number, "-i", key, ...rest]);
    expect(statesOf(stranger)).toMatchObject({
      "host-key": "ok host-key-trusted",
      login: "failure check-failed",
      shell: "skipped not-reached",
    });
    const closed = await run(["doctor", "--json", host, "-p", "1", "-i", key, "-o", "ConnectionAttempts=1"]);
    expect(statesOf(closed)).toMatchObject({ name: "ok name-resolves", ssh: "failure ssh-does-not-answer" });
    const nameless = await run(["doctor", "--json", "nowhere.invalid", "-i", key]);
    expect(statesOf(nameless)).toMatchObject({
      name: "failure name-does-not-resolve",
      ssh: "skipped not-reached",
    });
  });

  test("names a login shell that starts no sh, and a record that cannot be read", async () => {
    await start({ sshdConfig: ["ForceCommand echo This account is not available."] });
    const shell = await doctor();
    expect(statesOf(shell)).toMatchObject({ login: "ok logged-in", shell: "failure check-failed" });
    await node.stop();
    await start();
    node.inside("mkdir -p /var/lib/pulumi-amd-gpu && echo '{' > /var/lib/pulumi-amd-gpu/host.json");
    expect(statesOf(await doctor())).toMatchObject({
      shell: "ok shell-starts",
      record: "failure check-failed",
    });
  });
});

describe("as a process", () => {
  test("shows a simulated host, and says a mistake in one sentence", async () => {
    const shown = await run(["describe", "--simulate", "MI300X"]);
    expect(shown).toMatchObject({ status: 0, stderr: "" });
    expect(shown.stdout).toContain("0000:df:00.0  SPX/NPS1");
    expect(await run(["describe", "--simulate", "MI300"])).toMatchObject({ status: 2, stdout: "" });
  });

  test("has the version of the package and no colours without a terminal", async () => {
    const { version } = JSON.parse(readFileSync(join(findPackageRoot(), "package.json"), "utf8")) as {
      readonly version: string;
    };
    expect(await run(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
    expect((await run(["detect", "--simulate", "MI300X"])).stdout).not.toContain("\u001B");
  });

  test("loads what it needs when it needs it: nothing but commander for help, and ssh2 for a host", async () => {
    const [loaded, hooks, entry] = ["loaded.txt", "hooks.mjs", "entry.mjs"].map((name) => join(home, name));
    writeFileSync(
      hooks ?? "",
      `import { appendFileSync } from "node:fs";
       export const load = (url, context, next) => {
         appendFileSync(${JSON.stringify(loaded)}, url + "\\n");
         return next(url, context);
       };`,
    );
    writeFileSync(
      entry ?? "",
      'import { register } from "node:module"; register("./hooks.mjs", import.meta.url);',
    );
    const packagesOf = async (...args: readonly string[]): Promise<ReadonlySet<string>> => {
      writeFileSync(loaded ?? "", "");
      await run(args, { NODE_OPTIONS: `--import=${entry}` });
      const urls = readFileSync(loaded ?? "", "utf8");
      return new Set([...urls.matchAll(/node_modules\/(@[^/]+\/[^/]+|[^/]+)/g)].map(([, name = ""]) => name));
    };
    expect(await packagesOf("describe", "--help")).toEqual(new Set(["commander"]));
    expect(await packagesOf("describe", "--simulate", "MI300X")).toEqual(new Set(["commander", "zod"]));
    expect(await packagesOf("detect", "127.0.0.1", "-p", "1", "-o", "ConnectionAttempts=1")).toContain(
      "ssh2",
    );
  });
});
