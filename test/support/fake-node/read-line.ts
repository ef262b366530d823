import { readSync } from "node:fs";

/** One line, byte by byte, so that what follows it stays for others; undefined at end of file. */
export function readLine(descriptor: number): string | undefined {
  const bytes: number[] = [];
  const one = Buffer.alloc(1);
  for (;;) {
    const count = readOne(descriptor, one);
    if (count === 0) return bytes.length > 0 ? Buffer.from(bytes).toString("utf8") : undefined;
    if (one[0] === 0x0a) return Buffer.from(bytes).toString("utf8");
    bytes.push(one[0] ?? 0);
  }
}

/** sshd gives a command a socket for stdin, which may be in non-blocking mode. */
function readOne(descriptor: number, into: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, into, 0, 1, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
