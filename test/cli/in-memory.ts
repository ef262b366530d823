import { runCommand } from "../../provider/cli/run-command.ts";
import type { Terminal } from "../../provider/cli/terminal.ts";

interface Ran {
  readonly status: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

interface Around {
  readonly colours?: Terminal["colours"];
  /** What a person answers, one line per question. @default nobody is there */
  readonly answers?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command line in this process, on a terminal that keeps what is written. */
export async function run(args: readonly string[], around: Around = {}): Promise<Ran> {
  const { colours = "plain", answers, env = {} } = around;
  const left = [...(answers ?? [])];
  let stdout = "";
  let stderr = "";
  const ask = async (question: string): Promise<string> => {
    stderr += question;
    return left.shift() ?? "";
  };
  const status = await runCommand(args, "1.2.3", {
    write: (text) => {
      stdout += text;
    },
    complain: (text) => {
      stderr += text;
    },
    colours,
    input: answers ? "person" : "none",
    ask,
    askHidden: ask,
    env,
  });
  return { status, stdout, stderr };
}
