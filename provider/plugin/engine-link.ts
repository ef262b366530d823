import type engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";

import type { Send } from "../operations/operation/log.ts";
import { grpc, proto } from "./proto.ts";

/** The engine that has started this process, or has attached to it. */
export interface EngineLink {
  connect(address: string): void;
  /** Says nothing as long as there is no engine. */
  readonly send: Send;
}

export function createEngineLink(): EngineLink {
  let client: engineGrpc.EngineClient | undefined;
  return {
    connect(address) {
      client?.close();
      client = new proto.EngineClient(address, grpc.credentials.createInsecure());
    },
    send(urn, severity, message) {
      const request = new proto.LogRequest();
      const { WARNING, INFO } = proto.LogSeverity;
      request.setSeverity(severity === "warning" ? WARNING : INFO);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(severity === "progress");
      client?.log(request, () => undefined);
    },
  };
}
