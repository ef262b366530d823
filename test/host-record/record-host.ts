import { withReservation } from "../../provider/host-record/changes.ts";
import type { HostRecord } from "../../provider/host-record/record.ts";
import { EMPTY_RECORD, parseHostRecord } from "../../provider/host-record/record.ts";
import { remoteRecordStore } from "../../provider/host-record/remote-store.ts";
import type { HostRecordStore } from "../../provider/host-record/store.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool } from "../../provider/remote/pool.ts";
import { connectionSchema } from "../../provider/schema/connection.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";

export const FOLDER = "/var/lib/pulumi-amd-gpu";
export const PATH = `${FOLDER}/host.json`;

/** A reservation under this key, with text that a shell would like to read. */
export const book = (key: string) => (record: HostRecord) =>
  withReservation(record, {
    key,
    model: "it's a $(model)\n\\",
    devices: [{ id: key, bytes: 1 }],
    exclusive: false,
  });

export interface RecordHost {
  readonly node: FakeNode;
  /** Over one of two connections: another number is another engine. */
  executor(number: 0 | 1): Executor;
  store(number: 0 | 1, known?: HostRecord, lockWaitSeconds?: number): HostRecordStore;
  /** What is on the host. */
  written(): HostRecord;
  disconnect(number: 0 | 1): Promise<void>;
  /** As root, whoever is logged in. */
  run(...argv: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function recordHost(user: "root" | "ops"): Promise<RecordHost> {
  const node = await startFakeNode({ rocm: "7.2", user });
  const pools = [createSshPool(), createSshPool()] as const;
  const executor = (number: 0 | 1): Executor =>
    pools[number].executor(connectionSchema.parse(node.connection));
  return {
    node,
    executor,
    store: (number, known = EMPTY_RECORD, lockWaitSeconds = 10) =>
      remoteRecordStore(executor(number), user === "root" ? "root" : "sudo", known, {
        lockWaitSeconds,
        lockTimeoutMs: 30_000,
      }),
    written: () => parseHostRecord(node.readFile(PATH) ?? "", PATH),
    disconnect: (number) => pools[number].closeAll(),
    run: async (...argv) => {
      const command = user === "ops" ? ["sudo", "-n", ...argv] : argv;
      return (await executor(0).run({ argv: command }, { timeoutMs: 10_000 })).stdout;
    },
    stop: async () => {
      await Promise.all(pools.map((pool) => pool.closeAll()));
      await node.stop();
    },
  };
}
