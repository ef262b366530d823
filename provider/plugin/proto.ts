import { createRequire } from "node:module";

import type * as grpcTypes from "@grpc/grpc-js";
import type engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import type pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import type providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import type statusPb from "@pulumi/pulumi/proto/status_pb.js";
import type anyPb from "google-protobuf/google/protobuf/any_pb.js";
import type emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import type structPb from "google-protobuf/google/protobuf/struct_pb.js";

/*
 * The modules of gRPC, required: Node reads the text of a CommonJS module that is imported twice, once for the names of its exports, which
 * of these takes 0.13 s of processor time in each process (Node 20).
 */
const require = createRequire(import.meta.url);

export const grpc = require("@grpc/grpc-js") as typeof grpcTypes;

/** Messages and services. */
export const proto = {
  ...(require("@pulumi/pulumi/proto/provider_grpc_pb.js") as typeof providerGrpc),
  ...(require("@pulumi/pulumi/proto/engine_grpc_pb.js") as typeof engineGrpc),
  ...(require("@pulumi/pulumi/proto/engine_pb.js") as typeof enginePb),
  ...(require("@pulumi/pulumi/proto/plugin_pb.js") as typeof pluginPb),
  ...(require("@pulumi/pulumi/proto/provider_pb.js") as typeof providerPb),
  ...(require("@pulumi/pulumi/proto/status_pb.js") as typeof statusPb),
  ...(require("google-protobuf/google/protobuf/any_pb.js") as typeof anyPb),
  ...(require("google-protobuf/google/protobuf/empty_pb.js") as typeof emptyPb),
  ...(require("google-protobuf/google/protobuf/struct_pb.js") as typeof structPb),
};
