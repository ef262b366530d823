import { spawn } from "node:child_process";
import { once } from "node:events";

import { providerCode } from "./provider-code.ts";

/** Which record the process books in. */
export type Books =
  | { readonly on: "simulated host"; readonly path: string }
  | { readonly on: "host"; readonly connection: object };

/**
 * A process of its own that books one free device after the other, as an engine does: decide on the record as it is, and
 * write. Another process may take the same device in between.
 */
const program = (code: string): string => `
const [books, name, count, devices] = JSON.parse(process.argv[1]);
const load = (path) => import(${JSON.stringify(code)} + "/" + path);
const { withReservation } = await load("host-record/changes.js");
const { EMPTY_RECORD } = await load("host-record/record.js");
let record, end = async () => undefined;
if (books.on === "simulated host") {
  const { simulatedPartitioner } = await load("partitioner/simulated.js");
  record = simulatedPartitioner({ path: books.path, hostId: "simulated" }).record;
} else {
  const { pooledExecutor, closeAll } = await load("remote/pool.js");
  const { connectionSchema } = await load("schema/connection.js");
  const { remoteRecordStore } = await load("host-record/remote-store.js");
  const executor = pooledExecutor(connectionSchema.parse(books.connection));
  record = remoteRecordStore(executor, "root", EMPTY_RECORD, { lockWaitSeconds: 10, lockTimeoutMs: 20000 });
  end = closeAll;
}
for (let number = 0; number < count; number++) {
  await record.update((now) => {
    const taken = new Set(now.reservations.flatMap((one) => one.devices.map((claim) => claim.id)));
    const id = devices.find((device) => !taken.has(device));
    if (id === undefined) throw new Error("no device is free");
    return withReservation(now, { key: name + "-" + number, model: name, devices: [{ id, bytes: 1 }], exclusive: true });
  });
}
await end();
`;

/** Runs processes of these names side by side; each books so many devices. @throws Error with what a failed one said */
export async function bookSideBySide(
  books: Books,
  names: readonly string[],
  count: number,
  devices: readonly string[],
): Promise<void> {
  const code = providerCode();
  const endings = await Promise.allSettled(
    names.map(async (name) => {
      const argument = JSON.stringify([books, name, count, devices]);
      const child = spawn(process.execPath, ["--input-type=module", "-e", program(code), argument], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
      const [status] = (await once(child, "close")) as [number];
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${said}`);
    }),
  );
  const failed = endings.find((ending) => ending.status === "rejected");
  if (failed) throw failed.reason;
}
