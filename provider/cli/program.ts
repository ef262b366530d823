import { Command } from "commander";

import type { Answer } from "./answer.ts";
import { withHostOptions, withServingOptions } from "./shared-options.ts";
import type { Terminal } from "./terminal.ts";

/** What a command line asks for. */
export type Work = (terminal: Terminal) => Promise<Answer>;

export interface ProgramOptions {
  readonly version: string;
  readonly terminal: Terminal;
  /** Is given the work of the command that was chosen. */
  readonly begin: (work: Work, form: "json" | "text") => void;
}

interface Form {
  readonly json?: true;
}

const FOOTER = `
Exit status: 0 done, or the answer is yes; 1 the answer is no, or the host does not answer; 2 the command line is wrong.`;

const HOST = ["[host]", "the host as [user@]host (default: this machine)"] as const;

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ pulumi-amd-gpu ${line}`).join("\n")}`;

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The command line. What a command does is loaded when it runs, so that help comes at once. */
export function createProgram({ version, terminal, begin }: ProgramOptions): Command {
  const program = new Command("pulumi-amd-gpu")
    .description(
      "Shows how the GPUs of a host are partitioned and which models fit them. Changes nothing but what --release names.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      // A mistake is said once, in one sentence, by whoever runs the program.
      writeErr: () => undefined,
    })
    .addHelpText("after", FOOTER);
  const command = (name: string, description: string): Command =>
    program.command(name).description(description).option("--json", "print JSON instead of text");
  const start = (options: Form, work: Work): void => begin(work, options.json ? "json" : "text");

  withHostOptions(
    command("detect", "whether the modes of a host can be changed, and why").argument(...HOST),
    examples("detect ops@gpu1.example", "detect --simulate MI300X:2"),
  ).action((host, options) =>
    start(options, async (at) => (await import("./commands/detect.ts")).detect(at, host, options)),
  );

  withHostOptions(
    command("describe", "GPUs, modes, memory domains, devices, models, free memory and drift")
      .argument(...HOST)
      .option("--svg", "print a picture as SVG instead of text"),
    examples(
      "describe ops@gpu1.example",
      "describe ops@gpu1.example --svg > gpu1.svg",
      "describe --simulate MI300X --json",
    ),
  ).action((host, options) =>
    start(options, async (at) => (await import("./commands/describe.ts")).describe(at, host, options)),
  );

  withHostOptions(
    command("export", "the declaration of a host as it is now, as JSON")
      .argument(...HOST)
      .option("--config-manager", "as a file of AMD's Device Config Manager"),
    examples("export ops@gpu1.example > node1.json", "export --config-manager"),
  ).action((host, options) =>
    start(options, async (at) => (await import("./commands/export.ts")).exportHost(at, host, options)),
  );

  withHostOptions(
    command("plan", "what an update with a declaration would do to a host, and whom it would hurt")
      .argument(
        "<declaration>",
        'file with the declaration as JSON, as export prints it; "-": standard input',
      )
      .argument(...HOST)
      .option("--owner <key>", "who declares it, as project/stack/name (default: the only owner on the host)")
      .option("--expect-no-changes", "exit with 1 if something would change"),
    examples("plan node1.json ops@gpu1.example", "plan node1.json ops@gpu1.example --expect-no-changes"),
  ).action((path, host, options) =>
    start(options, async (at) => (await import("./commands/plan.ts")).plan(at, path, host, options)),
  );

  withServingOptions(
    command("estimate", "memory of a model, term by term, and where it fits")
      .argument("<model>", "Hub id, folder or GGUF file")
      .option("--on <gpu>", "GPU and modes, as MI300X or MI300X:CPX/NPS4", "MI300X"),
    examples(
      "estimate meta-llama/Llama-3.1-8B-Instruct --precision fp8",
      "estimate Qwen/Qwen2.5-1.5B --on MI300X:CPX/NPS4 --max-num-seqs 8",
    ),
  ).action((model, options) =>
    start(options, async (at) => (await import("./commands/estimate.ts")).estimate(at, model, options)),
  );

  withHostOptions(
    withServingOptions(
      command("capacity", "which layouts of a host hold a set of models; the host counts as empty")
        .argument("<models...>", "models as name[=replicas]")
        .option("--host <host>", "the host as [user@]host (default: this machine)"),
    ),
    examples(
      "capacity meta-llama/Llama-3.1-8B-Instruct=8 --simulate MI300X:2",
      "capacity Qwen/Qwen2.5-1.5B --host ops@gpu1.example",
    ),
  ).action((models, options) =>
    start(options, async (at) => (await import("./commands/capacity.ts")).capacity(at, models, options)),
  );

  withHostOptions(
    command("reservations", "what is reserved on a host, and by which stacks")
      .argument(...HOST)
      .option("--release <key>", "release the reservation of a stack that is gone; may be repeated", collect)
      .option("--yes", "release without a question"),
    examples("reservations ops@gpu1.example", "reservations ops@gpu1.example --release shop/dev/llama"),
  ).action((host, options) =>
    start(options, async (at) =>
      (await import("./commands/reservations.ts")).reservations(at, host, options),
    ),
  );

  withHostOptions(
    command("doctor", "checks everything between this machine and a partitioned host").argument(...HOST),
    examples("doctor ops@gpu1.example", "doctor ops@gpu1.example --json"),
  ).action((host, options) =>
    start(options, async (at) => (await import("./commands/doctor.ts")).doctor(at, host, options)),
  );
  return program;
}
