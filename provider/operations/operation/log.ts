import { plainLines, plainText } from "../../plain-text.ts";

export type Severity = "info" | "warning" | "progress";

/** Says something on a resource's own line of the engine's output. */
export type Log = (severity: Severity, message: string) => void;

/** What takes a message to the engine. @param severity "progress" is shown while the operation runs, and not kept. */
export type Send = (urn: string, severity: Severity, message: string) => void;

/** The engine's request to log something, as its protocol's module makes it: each door loads that module in a way of its own. */
interface LogRequest {
  setSeverity(value: number): void;
  setMessage(value: string): void;
  setUrn(value: string): void;
  setEphemeral(value: boolean): void;
}

/** What is used of the module `engine_pb` of the SDK. */
export interface LogMessages<Request extends LogRequest = LogRequest> {
  readonly LogRequest: new () => Request;
  readonly LogSeverity: Readonly<Record<"INFO" | "WARNING", number>>;
}

export function logRequest<Request extends LogRequest>(
  { LogRequest, LogSeverity }: LogMessages<Request>,
  ...[urn, severity, message]: Parameters<Send>
): Request {
  const request = new LogRequest();
  request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
  request.setMessage(message);
  request.setUrn(urn);
  request.setEphemeral(severity === "progress");
  return request;
}

/** The log of one operation. The engine checks a resource that is replaced twice; what was logged once is not logged again. */
export function logOnce(send: Send): (urn: string) => Log {
  const logged = new Set<string>();
  return (urn) => (severity, text) => {
    // What a host said may be quoted in it. Several lines are written at once by this package alone, as information.
    const message = severity === "info" ? plainLines(text) : plainText(text);
    const once = `${urn}\0${message}`;
    if (severity !== "progress" && logged.has(once)) return;
    logged.add(once);
    try {
      send(urn, severity, message);
    } catch {
      // Logging must never be the reason why something fails.
    }
  };
}
