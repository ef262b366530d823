import type ssh2 from "ssh2";
import type { BaseAgent, ParsedKey } from "ssh2";

/** The name of the way to sign: the key itself stays an "ssh-rsa" (RFC 8332). */
const ALGORITHM = "rsa-sha2-512";

const isRsa = (key: { readonly type: string }): boolean => key.type === "ssh-rsa";

/** The same key, which signs with SHA-512 alone; undefined when it is no RSA key. */
export const withSha512 = (key: ParsedKey): ParsedKey | undefined =>
  isRsa(key)
    ? (Object.create(key, {
        type: { value: ALGORITHM },
        sign: { value: (data: Buffer) => key.sign(data, "sha512") },
      }) as ParsedKey)
    : undefined;

type Library = Pick<typeof ssh2, "BaseAgent" | "createAgent">;

/** The RSA keys of an agent in the same way. */
export function agentWithSha512({ BaseAgent: Base, createAgent }: Library, path: string): BaseAgent {
  const inner = createAgent(path);
  class Sha512Agent extends Base<ParsedKey> {
    getIdentities(done: (error?: Error | null, keys?: ParsedKey[]) => void): void {
      inner.getIdentities((error, keys) => {
        const rsa = ((keys ?? []) as ParsedKey[]).filter(isRsa);
        done(
          error,
          rsa.map((key) => Object.create(key, { type: { value: ALGORITHM } }) as ParsedKey),
        );
      });
    }
    sign(key: ParsedKey, data: Buffer, ...rest: unknown[]): void {
      const done = rest.at(-1) as (error?: Error | null, signature?: Buffer) => void;
      inner.sign(Object.getPrototypeOf(key) as ParsedKey, data, { hash: "sha512" }, done);
    }
  }
  return new Sha512Agent();
}
