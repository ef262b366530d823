import pb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";

export type Properties = Readonly<Record<string, unknown>>;

/** How the engine marks a secret. */
export const secret = (value: unknown): object => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

export const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value;

export const struct = (value: Properties): structPb.Struct =>
  structPb.Struct.fromJavaScript(value as Parameters<typeof structPb.Struct.fromJavaScript>[0]);

export const plain = (value: structPb.Struct | undefined): Properties => value?.toJavaScript() ?? {};

/** What a failed create or update has left, as the engine reads it. */
export interface LeftInState {
  readonly id: string;
  readonly properties: Properties;
  readonly reasons: readonly string[];
}

export const leftBy = (error: unknown): LeftInState | undefined => {
  const { metadata } = error as { metadata?: { get(key: string): readonly (string | Buffer)[] } };
  const [bytes] = metadata?.get("grpc-status-details-bin") ?? [];
  if (bytes === undefined || typeof bytes === "string") return undefined;
  const [detail] = statusPb.Status.deserializeBinary(bytes).getDetailsList();
  const failed = pb.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
  return { id: failed.getId(), properties: plain(failed.getProperties()), reasons: failed.getReasonsList() };
};
