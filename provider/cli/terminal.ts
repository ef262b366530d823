import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** What a command has around it: tests make their own. */
export interface Terminal {
  /** Standard output. */
  write(text: string): void;
  /** Standard error. */
  complain(text: string): void;
  readonly colours: "colours" | "plain";
  /** "person": somebody can answer a question. */
  readonly input: "person" | "none";
  /** Asks on standard error, where the answer does not mix with the output. */
  ask(question: string): Promise<string>;
  /** The same, with an answer that is not shown. */
  askHidden(question: string): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** https://no-color.org; TERM is "dumb" where a terminal knows no colours. */
const hasColours = (env: NodeJS.ProcessEnv, isTerminal: boolean): boolean =>
  isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";

const silent = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

async function question(text: string, output: NodeJS.WritableStream): Promise<string> {
  process.stderr.write(text);
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
  }
}

/** That of this process. A reader that has gone, such as head, ends it. */
export function processTerminal(): Terminal {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  return {
    write: (text) => {
      process.stdout.write(text);
    },
    complain: (text) => {
      process.stderr.write(text);
    },
    colours: hasColours(process.env, process.stdout.isTTY) ? "colours" : "plain",
    input: process.stdin.isTTY ? "person" : "none",
    ask: (text) => question(text, process.stderr),
    askHidden: async (text) => {
      const answer = await question(text, silent());
      process.stderr.write("\n");
      return answer;
    },
    env: process.env,
  };
}
