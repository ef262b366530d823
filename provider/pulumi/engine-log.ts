import { createRequire } from "node:module";

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
 * the client. Undocumented, so nothing depends on it: where it does not work, nothing is said.
 */
let protocol: LogProtocol | undefined;
let tried = false;

function connect(): LogProtocol | undefined {
  if (tried) return protocol;
  tried = true;
  const [, program, address] = process.argv;
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
    protocol = {
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
    protocol = undefined;
  }
  return protocol;
}

interface LogRequest {
  setSeverity(value: number): void;
  setMessage(value: string): void;
  setUrn(value: string): void;
  setEphemeral(value: boolean): void;
}

/** The engine checks a resource that is replaced twice; what was said once need not be said again. */
const said = new Set<string>();

export function logOn(urn: string): Log {
  return (severity, message) => {
    const once = `${urn}\0${message}`;
    if (severity !== "progress" && said.has(once)) return;
    said.add(once);
    try {
      const engine = connect();
      engine?.client.log(engine.request(urn, severity, message), () => undefined);
    } catch {
      // Saying something must never be the reason why something fails.
    }
  };
}
