import { createRequire } from "node:module";

import { plainLines, plainText } from "../../plain-text.ts";

export type Severity = "info" | "warning" | "progress";

/** Says something on a resource's own line of the engine's output. */
export type Log = (severity: Severity, message: string) => void;

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
 * The log of one operation. The engine checks a resource that is replaced twice; what was logged once is not logged again.
 *
 * @param argv of the provider's process.
 */
export function engineLog(argv: readonly string[]): (urn: string) => Log {
  const logged = new Set<string>();
  let protocol: LogProtocol | undefined | "not tried" = "not tried";
  return (urn) => (severity, text) => {
    // What a host said may be quoted in it. Several lines are written at once by this package alone, as information.
    const message = severity === "info" ? plainLines(text) : plainText(text);
    const once = `${urn}\0${message}`;
    if (severity !== "progress" && logged.has(once)) return;
    logged.add(once);
    try {
      if (protocol === "not tried") protocol = connect(argv);
      protocol?.client.log(protocol.request(urn, severity, message), () => undefined);
    } catch {
      // Logging must never be the reason why something fails.
    }
  };
}
