import type pb from "@pulumi/pulumi/proto/provider_pb.js";

import { OperationError } from "../../operations/operation-error.ts";
import { fresh } from "../../wire/handler.ts";
import { UNKNOWN } from "../../wire/unknowns.ts";
import { pluginMessages as say } from "../messages.ts";
import { proto } from "../proto.ts";
import { checkFailure } from "../rpc.ts";
import type { ConfiguredSession } from "../session.ts";
import { receive, send } from "../values.ts";
import type { ArgumentFailure } from "./function.ts";
import { FUNCTIONS } from "./table.ts";

/** One call of a function. A mistake in the arguments is a failure in the response. */
export async function invoke(
  session: ConfiguredSession,
  request: pb.InvokeRequest,
): Promise<pb.InvokeResponse> {
  const token = request.getTok();
  const load = FUNCTIONS[token];
  if (load === undefined) throw new OperationError(say["unknown-function"]({ token }));
  const called = await load();
  const { results, credentials } = called;
  const { values, secrets: given } = receive(request.getArgs());
  const secrets = new Set([...given].filter((name) => !credentials.has(name)));
  const answer = await session.running.observe(0, () => called.call(session, values));
  const response = new proto.InvokeResponse();
  if (answer.state === "wrong") {
    const failures = answer.failures.map((failure) => withoutSecrets(failure, secrets));
    response.setFailuresList(
      failures.map(({ property, message }) => checkFailure({ property, reason: message.text })),
    );
    return response;
  }
  const result =
    answer.state === "known"
      ? fresh(answer.result)
      : Object.fromEntries(results.map((name) => [name, UNKNOWN]));
  // What is made of a secret is one.
  response.setReturn(send(result, secrets.size > 0 ? new Set(results) : new Set()));
  return response;
}

/** Sentences repeat what is wrong. */
function withoutSecrets(failure: ArgumentFailure, secrets: ReadonlySet<string>): ArgumentFailure {
  const name = failure.property.split(/[.[]/, 1)[0] ?? "";
  return secrets.has(name) ? { property: name, message: say["secret-argument"]({ name }) } : failure;
}
