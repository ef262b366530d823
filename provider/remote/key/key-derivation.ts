import type { JsonWebKey } from "node:crypto";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

import { deferred } from "../deferred.ts";
import { limitedBy } from "../limit.ts";

/** What takes computing: nothing else would run meanwhile, no timer and no other host. */
export type KeyWork =
  | {
      readonly does: "bcrypt";
      readonly passphrase: string;
      readonly salt: Uint8Array;
      readonly rounds: number;
      readonly length: number;
    }
  | { readonly does: "pkcs8"; readonly text: string; readonly passphrase: string | undefined };

/** Twenty times as many rounds as anybody uses. */
const LONGEST_MS = 120_000;

/**
 * The thread's program is a text, so that it is the same for the source and the built package. bcrypt is that of the SSH
 * library, found where the library finds it.
 */
const PROGRAM = `
const { parentPort, workerData: { work, bcrypt } } = require("node:worker_threads");
const done = (answer) => parentPort.postMessage(answer);
try {
  if (work.does === "bcrypt") {
    const out = new Uint8Array(work.length);
    const passphrase = new Uint8Array(Buffer.from(work.passphrase));
    const failed = require(bcrypt).pbkdf(passphrase, passphrase.length, work.salt, work.salt.length, out, out.length, work.rounds);
    done(failed === 0 ? { derived: out } : {});
  } else {
    const { createPrivateKey } = require("node:crypto");
    done({ jwk: createPrivateKey({ key: work.text, format: "pem", passphrase: work.passphrase }).export({ format: "jwk" }) });
  }
} catch (error) {
  done({ code: String(error.code ?? "") });
}
`;

/** Nothing: it cannot be derived, or opened. `code` is Node's. */
export interface KeyAnswer {
  readonly derived?: Uint8Array;
  readonly jwk?: JsonWebKey;
  readonly code?: string;
}

/** Runs in a thread of its own, which ends with it. */
export async function deriveKey(work: KeyWork): Promise<KeyAnswer> {
  const library = createRequire(createRequire(import.meta.url).resolve("ssh2"));
  const answer = deferred<KeyAnswer>();
  const limit = limitedBy(
    {},
    { ms: LONGEST_MS, error: (ms) => new Error(`the key was not decrypted within ${ms / 1000} s`) },
  );
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData: { work, bcrypt: library.resolve("bcrypt-pbkdf") },
    env: {},
  });
  worker.once("message", answer.resolve).once("error", answer.reject);
  try {
    return await Promise.race([answer.promise, limit.reached]);
  } finally {
    limit.lift();
    await worker.terminate();
  }
}
