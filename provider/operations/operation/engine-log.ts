import { createRequire } from "node:module";

import { type Log, type LogMessages, logOnce, logRequest, type Send } from "./log.ts";

interface EngineClient {
  log(request: unknown, callback: (error: unknown) => void): void;
}

/**
 * A dynamic provider is given no logger, but its process is started with the engine's address as argument, and the SDK has
 * the client. Undocumented, so nothing depends on it: where it does not work, nothing is logged.
 */
function connect([, program, address]: readonly string[]): Send | undefined {
  if (program === undefined || address === undefined || !/^[\w.[\]:-]+:\d+$/.test(address)) return undefined;
  try {
    // This process runs a file of the user's SDK: what that file can require is there, whatever the package manager.
    const require = createRequire(program);
    const grpc = require("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
    const services = require("@pulumi/pulumi/proto/engine_grpc_pb.js") as {
      EngineClient: new (address: string, credentials: unknown) => EngineClient;
    };
    const messages = require("@pulumi/pulumi/proto/engine_pb.js") as LogMessages;
    const client = new services.EngineClient(address, grpc.credentials.createInsecure());
    return (...said) => client.log(logRequest(messages, ...said), () => undefined);
  } catch {
    return undefined;
  }
}

/**
 * The log of one operation of a dynamic provider.
 *
 * @param argv of the provider's process.
 */
export function engineLog(argv: readonly string[]): (urn: string) => Log {
  let send: Send | undefined | "not tried" = "not tried";
  return logOnce((...said) => {
    if (send === "not tried") send = connect(argv);
    send?.(...said);
  });
}
