import { spawn } from "node:child_process";
import { once } from "node:events";

import { providerCode } from "./provider-code.ts";

/** Which record the process books in. */
export type Books =
  | { readonly on: "simulated host"; readonly path: string }
  | { readonly on: "host"; readonly connection: object };

/** How a process of its own gets at the record. */
const opening = (code: string): string => `
const load = (path) => import(${JSON.stringify(code)} + "/" + path);
const { withReservation, withoutReservation } = await load("host-record/changes.js");
const { EMPTY_RECORD } = await load("host-record/record.js");
let record, end = async () => undefined;
if (books.on === "simulated host") {
  const { simulatedPartitioner } = await load("partitioner/simulated/simulated.js");
  record = simulatedPartitioner({ path: books.path, hostId: "simulated" }).record;
} else {
  const { pooledExecutor, closeAll } = await load("remote/pool.js");
  const { connectionSchema } = await load("schema/connection.js");
  const { remoteRecordStore } = await load("host-record/remote-store.js");
  const executor = pooledExecutor(connectionSchema.parse(books.connection));
  record = remoteRecordStore(executor, "root", EMPTY_RECORD, { lockWaitSeconds: 10, lockTimeoutMs: 20000 });
  end = closeAll;
}
const free = (now, devices) => {
  const taken = new Set(now.reservations.flatMap((one) => one.devices.map((claim) => claim.id)));
  return devices.filter((device) => !taken.has(device));
};
`;

/**
 * A process that books one free device after the other, as an engine does: decide on the record as it is, and write. Another
 * process may take the same device in between.
 */
const program = (code: string): string => `
const [books, name, count, devices] = JSON.parse(process.argv[1]);
${opening(code)}
for (let number = 0; number < count; number++) {
  await record.update((now) => {
    const [id] = free(now, devices);
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

/**
 * A process that books, moves and releases at random, and says each on a line of its own when the store has said so:
 * "key device", or "key -" for a release. "?" before the line says what it is about to do.
 */
const restless = (code: string): string => `
const [books, name, seed, devices] = JSON.parse(process.argv[1]);
${opening(code)}
let state = seed;
const random = (below) => (state = (state * 1103515245 + 12345) % 2147483648) % below;
const say = (text) => require("node:fs").writeSync(1, text + "\\n");
for (;;) {
  const key = name + "-" + random(4);
  say("? " + key);
  if (random(3) === 0) {
    await record.update((now) => withoutReservation(now, key));
    say(key + " -");
    continue;
  }
  const draw = random(1000);
  let taken;
  try {
    await record.update((now) => {
      const others = { ...now, reservations: now.reservations.filter((one) => one.key !== key) };
      const ids = free(others, devices);
      if (ids.length === 0) throw new Error("no device is free");
      taken = ids[draw % ids.length];
      return withReservation(now, { key, model: name, devices: [{ id: taken, bytes: 1 }], exclusive: true });
    });
    say(key + " " + taken);
  } catch (error) {
    if (error.message !== "no device is free") throw error;
    say("= " + key);
  }
}
`;

export interface Restless {
  /** Device of each key as it was last told, "-" for a release. */
  readonly told: ReadonlyMap<string, string>;
  /** Keys that were about to change when it was killed. */
  readonly unsure: readonly string[];
}

/** Runs one until it has said so many things, and kills it in the middle of the next one, with SIGKILL. */
export async function killAfter(
  books: Books,
  name: string,
  seed: number,
  devices: readonly string[],
  acknowledgements: number,
): Promise<Restless> {
  const argument = JSON.stringify([books, name, seed, devices]);
  const source = `import { createRequire } from "node:module"; const require = createRequire("/");${restless(providerCode())}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source, argument], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.split("\n").filter((line) => line.startsWith("?")).length > acknowledgements)
      child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  if (signal !== "SIGKILL") throw new Error(`${name} ended by itself: ${complaint}`);
  const told = new Map<string, string>();
  let unsure: string | undefined;
  // The last line may be cut.
  for (const line of output.split("\n").slice(0, -1)) {
    const [first = "", second = ""] = line.split(" ");
    unsure = first === "?" ? second : undefined;
    if (first !== "?" && first !== "=") told.set(first, second);
  }
  return { told, unsure: unsure === undefined ? [] : [unsure] };
}
