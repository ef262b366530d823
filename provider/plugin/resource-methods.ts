import type pb from "@pulumi/pulumi/proto/provider_pb.js";
import type emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import type structPb from "google-protobuf/google/protobuf/struct_pb.js";

import { InitError } from "../operations/failing.ts";
import { OperationError } from "../operations/operation-error.ts";
import type { Properties } from "../wire/handler.ts";
import { typeOf } from "./identity.ts";
import { importResource } from "./importing.ts";
import { KINDS, type Kind } from "./kinds.ts";
import { pluginMessages as say } from "./messages.ts";
import { proto } from "./proto.ts";
import * as requests from "./requests.ts";
import { checkFailure, LeftInStateError } from "./rpc.ts";
import type { ConfiguredSession } from "./session.ts";
import { receive, send } from "./values.ts";

function kindOf(urn: string): Kind {
  const type = typeOf(urn);
  const kind = KINDS[type];
  if (kind === undefined) throw new OperationError(say["unknown-type"]({ type }));
  return kind;
}

/** Everything that is secret in what a call was given, and what always is. */
const secretsOf = (
  kind: Kind,
  ...received: readonly { readonly secrets: ReadonlySet<string> }[]
): Set<string> => new Set([...kind.secrets, ...received.flatMap(({ secrets }) => [...secrets])]);

/** The methods of the service that are about one resource. @param session is there once the provider is configured */
export const resourceMethods = (session: () => Promise<ConfiguredSession>) => {
  const serving = async (urn: string): Promise<requests.Serving & ConfiguredSession> => ({
    ...(await session()),
    kind: kindOf(urn),
    bound: {},
  });
  return {
    check: async (request: pb.CheckRequest): Promise<pb.CheckResponse> => {
      const urn = request.getUrn();
      const context = await serving(urn);
      const [olds, news] = [receive(request.getOlds()), receive(request.getNews())];
      const { inputs, failures = [] } = await context.running.observe(0, () =>
        requests.check(context, { urn, olds: olds.values, news: news.values }),
      );
      const response = new proto.CheckResponse();
      response.setInputs(send(inputs, secretsOf(context.kind, news)));
      response.setFailuresList(failures.map(checkFailure));
      return response;
    },

    diff: async (request: pb.DiffRequest): Promise<pb.DiffResponse> => {
      const context = await serving(request.getUrn());
      const diffed = await requests.diff(context, {
        id: request.getId(),
        olds: receive(request.getOlds()).values,
        news: receive(request.getNews()).values,
        oldInputs: receive(request.getOldInputs()).values,
        ignoreChanges: request.getIgnorechangesList(),
      });
      return diffResponse(diffed);
    },

    create: async (request: pb.CreateRequest): Promise<pb.CreateResponse> => {
      const context = await serving(request.getUrn());
      const inputs = receive(request.getProperties());
      const secrets = secretsOf(context.kind, inputs);
      const response = new proto.CreateResponse();
      if (request.getPreview()) {
        response.setProperties(send(requests.preview(context, inputs.values), secrets));
        return response;
      }
      const { id, outputs } = await leaving(secrets, () =>
        context.running.begin(request.getTimeout(), (bound) =>
          requests.create({ ...context, bound }, inputs.values),
        ),
      );
      response.setId(id);
      response.setProperties(send(outputs, secrets));
      return response;
    },

    update: async (request: pb.UpdateRequest): Promise<pb.UpdateResponse> => {
      const context = await serving(request.getUrn());
      const [olds, news] = [receive(request.getOlds()), receive(request.getNews())];
      const secrets = secretsOf(context.kind, news);
      const response = new proto.UpdateResponse();
      if (request.getPreview()) {
        response.setProperties(send(requests.preview(context, news.values), secrets));
        return response;
      }
      const change = { id: request.getId(), olds: olds.values, news: news.values };
      const outputs = await leaving(secrets, () =>
        context.running.begin(request.getTimeout(), (bound) =>
          requests.update({ ...context, bound }, change),
        ),
      );
      response.setProperties(send(outputs, secrets));
      return response;
    },

    read: async (request: pb.ReadRequest): Promise<pb.ReadResponse> => {
      const urn = request.getUrn();
      const context = await serving(urn);
      const [properties, inputs] = [receive(request.getProperties()), receive(request.getInputs())];
      const id = request.getId();
      const isImport = Object.keys(properties.values).length === 0;
      const found = await context.running.observe(request.getTimeout(), () =>
        isImport
          ? importResource(context, urn, id)
          : requests.read(context, { id, properties: properties.values, inputs: inputs.values }),
      );
      const secrets = secretsOf(context.kind, properties, inputs);
      const response = new proto.ReadResponse();
      response.setId(found.id);
      if (found.id === "") return response;
      response.setProperties(send(found.outputs, secrets));
      // The way to a host that an import names has nothing secret, and the program that is written from it should be readable.
      response.setInputs(send(found.inputs, isImport ? new Set() : secrets));
      return response;
    },

    delete: async (request: pb.DeleteRequest): Promise<emptyPb.Empty> => {
      const context = await serving(request.getUrn());
      const { values } = receive(request.getProperties());
      await context.running.begin(request.getTimeout(), (bound) =>
        requests.remove({ ...context, bound }, { id: request.getId(), properties: values }),
      );
      return new proto.Empty();
    },
  };
};

export type ResourceMethods = ReturnType<typeof resourceMethods>;

function diffResponse({
  changes,
  replaces,
  deleteBeforeReplace,
  differences,
}: requests.Diffed): pb.DiffResponse {
  const response = new proto.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
  response.setChanges(changes ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList(replaces ?? []);
  response.setDeletebeforereplace(deleteBeforeReplace ?? false);
  response.setDiffsList([...new Set(differences.map(({ path }) => path.split(/[.[]/, 1)[0] ?? path))]);
  response.setHasdetaileddiff(differences.length > 0);
  for (const { path, kind, replaces: isReplacing } of differences) {
    const shown = new proto.PropertyDiff();
    shown.setKind(KIND_NUMBERS[isReplacing ? "replaced" : "kept"][kind]);
    response.getDetaileddiffMap().set(path, shown);
  }
  return response;
}

const { Kind: Kinds } = proto.PropertyDiff;
const KIND_NUMBERS = {
  kept: { add: Kinds.ADD, delete: Kinds.DELETE, update: Kinds.UPDATE },
  replaced: { add: Kinds.ADD_REPLACE, delete: Kinds.DELETE_REPLACE, update: Kinds.UPDATE_REPLACE },
} as const;

/** What a failed change has left goes into state in the same form as after a successful one. */
async function leaving<T>(secrets: ReadonlySet<string>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    throw new LeftInStateError(error.id, sendState(error.properties, secrets), error.reasons);
  }
}

const sendState = (properties: Properties, secrets: ReadonlySet<string>): structPb.Struct =>
  send(properties, secrets);
