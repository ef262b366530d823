import type { Metadata, sendUnaryData, ServerUnaryCall, status } from "@grpc/grpc-js";
import type pb from "@pulumi/pulumi/proto/provider_pb.js";
import type structPb from "google-protobuf/google/protobuf/struct_pb.js";

import { plainText } from "../plain-text.ts";
import { grpc, proto } from "./proto.ts";

/** Where the engine reads what a failed call has left (pkg/resource/plugin/provider_plugin.go of pulumi/pulumi). */
const DETAILS = "grpc-status-details-bin";

/** A method of the service that answers with a message or fails with one sentence. */
export const unary =
  <Request, Response>(answer: (request: Request) => Promise<Response> | Response) =>
  (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    void reply(async () => answer(call.request), callback);
  };

async function reply<Response>(
  answer: () => Promise<Response>,
  callback: sendUnaryData<Response>,
): Promise<void> {
  let response: Response;
  try {
    response = await answer();
  } catch (error) {
    callback(failure(error));
    return;
  }
  callback(null, response);
}

export function checkFailure(failure: {
  readonly property: string;
  readonly reason: string;
}): pb.CheckFailure {
  const message = new proto.CheckFailure();
  message.setProperty(failure.property);
  message.setReason(failure.reason);
  return message;
}

/** A host that was changed by a failed call: the engine keeps the resource, and updates it in the next run. */
export class LeftInStateError extends Error {
  override readonly name = "LeftInStateError";
  readonly id: string;
  readonly properties: structPb.Struct;
  readonly reasons: readonly string[];
  constructor(id: string, properties: structPb.Struct, reasons: readonly string[]) {
    super(reasons.join("; "));
    this.id = id;
    this.properties = properties;
    this.reasons = reasons;
  }
}

/** An error as gRPC carries it. Without a stack: it would be shown, and helps nobody who made a mistake or has a broken host. */
function failure(error: unknown): { code: status; details: string; metadata?: Metadata } {
  const details = plainText(error instanceof Error ? error.message : String(error));
  if (!(error instanceof LeftInStateError)) return { code: grpc.status.UNKNOWN, details };
  const metadata = new grpc.Metadata();
  metadata.add(DETAILS, initFailure(error, details));
  return { code: grpc.status.UNKNOWN, details, metadata };
}

function initFailure(error: LeftInStateError, message: string): Buffer {
  const failed = new proto.ErrorResourceInitFailed();
  failed.setId(error.id);
  failed.setReasonsList([...error.reasons]);
  failed.setProperties(error.properties);
  const detail = new proto.Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const answer = new proto.Status();
  answer.setCode(grpc.status.UNKNOWN);
  answer.setMessage(message);
  answer.addDetails(detail);
  return Buffer.from(answer.serializeBinary());
}
