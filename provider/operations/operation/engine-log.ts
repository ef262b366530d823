import { createRequire } from "node:module";

import { type Log, logOnce, type Severity } from "./log.ts";

interface EngineClient {
  log(request: unknown, callback: (error: unknown) => void): void;
}

interface LogProtocol {
  readonly client: EngineClient;
  request(urn: string, severity: Severity, message: string): unknown;
}

/**
 * A dynamic provider is given no logger, but its process is started with the engine's address as argument, and the SDK has
 * the client. Undocumented, so nothing depends on it: where it does not work, nothing is logged.
 */
function connect([, program, address]: readonly string[]): LogProtocol | undefined {
  if (program === undefined || address === undefined || !/^[\w.[\]:-]+:\d+$/.test(address)) return undefined;
  try {
    // This process runs a file of the user's SDK: what that file can require is there, whatever the package manager.
    const require = createRequire(program);
    const grpc = require("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
    const services = require("@pulumi/pulumi/proto/engine_grpc_pb.js") as {
      EngineClient: new (address: string, credentials: unknown) => EngineClient;
    };
    const messages = require("@pulumi/pulumi/proto/engine_pb.js") as {
      LogRequest: new () => LogRequest;
      LogSeverity: Record<"INFO" | "WARNING", number>;
    };
    const client = new services.EngineClient(address, grpc.credentials.createInsecure());
    return {
      client,
      request: (urn, severity, message) => {
        const request = new messages.LogRequest();
        request.setSeverity(
          severity === "warning" ? messages.LogSeverity.WARNING : messages.LogSeverity.INFO,
        );
        request.setMessage(message);
        request.setUrn(urn);
        request.setEphemeral(severity === "progress");
        return request;
      },
    };
  } catch {
    return undefined;
  }
}

interface LogRequest {
  setSeverity(value: number): void;
  setMessage(value: string): void;
  setUrn(value: string): void;
  setEphemeral(value: boolean): void;
}

/**
 * The log of one operation of a dynamic provider.
 *
 * @param argv of the provider's process.
 */
export function engineLog(argv: readonly string[]): (urn: string) => Log {
  let protocol: LogProtocol | undefined | "not tried" = "not tried";
  return logOnce((urn, severity, message) => {
    if (protocol === "not tried") protocol = connect(argv);
    protocol?.client.log(protocol.request(urn, severity, message), () => undefined);
  });
}
