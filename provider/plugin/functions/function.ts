import type { Message } from "../../message.ts";
import { judge } from "../../operations/validate.ts";
import { formatPath, type SchemaProblem } from "../../schema/sentences.ts";
import type { Properties } from "../../wire/handler.ts";
import { pluginMessages as say } from "../messages.ts";
import type { ConfiguredSession } from "../session.ts";

/** A mistake in the arguments. */
export interface ArgumentFailure {
  /** Path of the argument: "models.llama.precision" */
  readonly property: string;
  readonly message: Message;
}

export type Answer =
  | { readonly state: "known"; readonly result: object }
  /** Nothing is wrong as far as one can see; some arguments are not known yet. */
  | { readonly state: "unknown" }
  | { readonly state: "wrong"; readonly failures: readonly ArgumentFailure[] };

/** A function that programs call. It changes nothing. */
export interface PluginFunction {
  /** Names of all results. */
  readonly results: readonly string[];
  /** Arguments that can be secret without a secret in the results. */
  readonly credentials: ReadonlySet<string>;
  /** @throws what keeps the function from an answer and is no mistake in the arguments, such as HostUnreachableError */
  call(session: ConfiguredSession, args: Properties): Promise<Answer>;
}

interface Defined<Args> {
  readonly schema: Parameters<typeof judge<Args>>[0];
  readonly results: readonly string[];
  readonly answer: (args: Args, session: ConfiguredSession) => Promise<Answer> | Answer;
}

export const defineFunction = <Args>({ schema, results, answer }: Defined<Args>): PluginFunction => ({
  results,
  credentials: new Set(),
  call: async (session, given) => {
    const judged = judge(schema, given);
    if (judged.state === "unknown") return judged;
    if (judged.state === "wrong") return wrong(judged.problems);
    return answer(judged.args, session);
  },
});

export const known = (result: object): Answer => ({ state: "known", result });

export const failed = (property: string, message: Message): Answer => ({
  state: "wrong",
  failures: [{ property, message }],
});

export const wrong = (problems: readonly SchemaProblem[]): Answer => ({
  state: "wrong",
  failures: problems.map(({ path, message }) => ({
    property: formatPath(path),
    message: say["invalid-argument"]({ problem: message }),
  })),
});
