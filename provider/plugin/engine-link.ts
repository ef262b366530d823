import type engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";

import { logRequest, type Send } from "../operations/operation/log.ts";
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
    send: (...said) => client?.log(logRequest(proto, ...said), () => undefined),
  };
}
