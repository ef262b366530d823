import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import { type HardwareHost, hardwareHost } from "../partitioner/hardware-host.ts";

/** Characters that a terminal, a log or Pulumi's engine would obey. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|<\{%/u;

/** A process of the account ops that has a GPU's device file open, under a name of its own choice (15 bytes, as Linux keeps it). */
const holding = (name: string, path = "/dev/kfd"): string =>
  `setpriv --reuid 1000 --clear-groups perl -e '
    my ($name, $path) = @ARGV; $0 = $name; open my $file, "<", $path or sysopen $file, $path, 010000000 or die $!;
    open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null"; sleep 300' '${name}' '${path}' >/dev/null 2>&1 </dev/null &
  echo $!`;

const NAMES = {
  "line ends": "a\n1\t0\t\t\tinit",
  "a heading": "x\n==T host 0\nr",
  "control characters": "\u001B]0;pwn\u0007\u001B[2J",
  "a colour tag": "<{%reset%}>",
  "an override of direction": "\u202Egpj.sh",
  tabs: "a\t0\tb\tc\td",
  quotes: `$(id)"'\`id\``,
} as const;

let host: HardwareHost;
beforeAll(async () => {
  host = await hardwareHost({ user: "ops" });
  // The driver is in use, so that a look asks for open files.
  await host.node.holdGpus([{ name: "vllm", gpu: 0 }]);
});
afterAll(() => host?.stop());

const observe = async (): Promise<HostObservation> => await (await host.open()).observe();

describe("a user of a host, without root", () => {
  test.each(Object.entries(NAMES))(
    "shows a process under its own name, and no other process: %s",
    async (_what, name) => {
      const quoted = name.replaceAll("'", String.raw`'\''`);
      const pid = Number(host.node.inside(holding(quoted)));
      const before = (await observe()).gpuProcesses;
      host.node.inside(`kill ${pid}`);
      const own = before.filter((process) => process.pid === pid);
      expect(own).toMatchObject([{ user: "ops" }]);
      expect(before).toHaveLength(2);
      for (const process of before) expect(process.name).not.toMatch(OBEYED);
    },
  );

  test("cannot make another process appear to hold a GPU by the name of an open file", async () => {
    // In a mount namespace of his own, which an account may make, /dev has any file he likes.
    const forged = "/dev/kfd\n/proc/1/fd/0 /dev/kfd";
    const script = `mount -t tmpfs tmpfs /dev; mkdir -p "\${1%/*}"; : >"$1"; exec 7<"$1"; exec /bin/sleep 300`;
    const pid = Number(
      host.node.inside(
        `unshare --mount sh -c '${script}' sh '${forged}' >/dev/null 2>&1 </dev/null & echo $!`,
      ),
    );
    const { gpuProcesses } = await observe();
    host.node.inside(`kill ${pid}`);
    expect(gpuProcesses.map((process) => process.pid)).not.toContain(1);
    expect(gpuProcesses.map((process) => process.name)).toEqual(["vllm"]);
  });
});
