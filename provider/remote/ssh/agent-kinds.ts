import { connect } from "node:net";

import { readWire } from "../key/ssh-wire.ts";
import { limitedBy } from "../limit.ts";

/** SSH_AGENTC_REQUEST_IDENTITIES and its answer (draft-ietf-sshm-ssh-agent, section 3.5). */
const REQUEST = Buffer.from([0, 0, 0, 1, 11]);
const ANSWER = 12;
/** OpenSSH's agent takes and sends no more (MAX_AGENT_REPLY_LEN). */
const LONGEST_ANSWER = 256 * 1024;
const LONGEST_MS = 2000;

/** What the SSH library takes from an agent; it passes over all others without a word. */
const SUPPORTED: ReadonlySet<string> = new Set([
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
]);

/** Kinds of keys that the agent holds and this client cannot use, such as certificates. None when the agent does not tell. */
export async function unsupportedKinds(agent: string): Promise<readonly string[]> {
  const socket = connect(agent);
  const limit = limitedBy({}, { ms: LONGEST_MS, error: () => new Error("the agent does not answer") });
  try {
    const read = async (): Promise<readonly string[]> => {
      let bytes = Buffer.alloc(0);
      socket.write(REQUEST);
      for await (const piece of socket) {
        bytes = Buffer.concat([bytes, piece as Buffer]);
        const length = bytes.length < 4 ? LONGEST_ANSWER : bytes.readUInt32BE();
        if (bytes.length >= 4 + length) return kindsIn(bytes.subarray(4, 4 + length));
        if (bytes.length > LONGEST_ANSWER) break;
      }
      return [];
    };
    return (await Promise.race([read(), limit.reached])).filter((kind) => !SUPPORTED.has(kind));
  } catch {
    // It is only asked for a better message.
    return [];
  } finally {
    limit.lift();
    socket.destroy();
  }
}

function kindsIn(answer: Buffer): readonly string[] {
  if (answer[0] !== ANSWER) return [];
  const wire = readWire(answer.subarray(1));
  const kinds = new Set<string>();
  for (let left = wire.number(); left > 0; left--) {
    kinds.add(readWire(wire.string()).string().toString("latin1"));
    wire.string();
  }
  return [...kinds];
}
