import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import type pb from "@pulumi/pulumi/proto/provider_pb.js";

import { OperationError } from "../operations/operation-error.ts";
import type { World } from "../operations/operation/operation.ts";
import type { ProviderConfig } from "../schema/provider-config.ts";
import { sameValue } from "../wire/unknowns.ts";
import { pluginMessages as say } from "./messages.ts";
import { proto } from "./proto.ts";
import type { ResourceMethods } from "./resource-methods.ts";
import { checkFailure, unary } from "./rpc.ts";
import type { ConfiguredSession } from "./session.ts";
import { receive, send } from "./values.ts";

/** What the service reaches outside of itself. */
export interface ServiceOptions {
  /** The text of schema.json. */
  readonly schema: () => Promise<string>;
  readonly world: (config: ProviderConfig) => Promise<World>;
  /** Is told where the engine listens. */
  readonly connect: (engine: string) => void;
}

export interface ProviderService {
  readonly methods: UntypedServiceImplementation;
  /** Cancels what runs, and resolves when nothing does any more. */
  stop(): Promise<void>;
}

/**
 * Pulumi's ResourceProvider service. Code of the operations is loaded when the provider is configured: who asks for the schema alone needs
 * none of it, and a process starts in less time.
 */
export function providerService({ schema, world, connect }: ServiceOptions): ProviderService {
  let session: Promise<ConfiguredSession> | undefined;
  const configured = (): Promise<ConfiguredSession> => {
    if (session === undefined) throw new OperationError(say["not-configured"]());
    return session;
  };
  const start = async (config: ProviderConfig): Promise<ConfiguredSession> => {
    const { startSession } = await import("./session.ts");
    return startSession(config, await world(config));
  };
  const onResource =
    <Request, Response>(choose: (methods: ResourceMethods) => (request: Request) => Promise<Response>) =>
    async (request: Request): Promise<Response> => {
      const { resourceMethods } = await import("./resource-methods.ts");
      return choose(resourceMethods(async () => configured()))(request);
    };

  const methods: UntypedServiceImplementation = {
    handshake: unary((request: pb.ProviderHandshakeRequest) => {
      connect(request.getEngineAddress());
      const response = new proto.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),

    attach: unary((request: pluginPb.PluginAttach) => {
      connect(request.getAddress());
      return new proto.Empty();
    }),

    getPluginInfo: unary(async () => {
      const { version } = JSON.parse(await schema()) as { readonly version: string };
      const response = new proto.PluginInfo();
      response.setVersion(version);
      return response;
    }),

    getSchema: unary(async () => {
      const response = new proto.GetSchemaResponse();
      response.setSchema(await schema());
      return response;
    }),

    checkConfig: unary(async (request: pb.CheckRequest) => {
      const { readConfig, SECRET_CONFIG } = await import("./configuration.ts");
      const { values } = receive(request.getNews());
      const read = readConfig(values);
      const failures = read.state === "wrong" ? read.failures : [];
      const response = new proto.CheckResponse();
      response.setInputs(send(values, SECRET_CONFIG));
      response.setFailuresList(failures.map(({ text }) => checkFailure({ property: "", reason: text })));
      return response;
    }),

    // A provider whose configuration has changed is the same provider: no resource is another one for it.
    diffConfig: unary((request: pb.DiffRequest) => {
      const [olds, news] = [receive(request.getOldInputs()), receive(request.getNews())];
      const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
      const response = new proto.DiffResponse();
      response.setChanges(sameValue(olds.values, news.values) ? DIFF_NONE : DIFF_SOME);
      return response;
    }),

    configure: unary(async (request: pb.ConfigureRequest) => {
      const { readConfig } = await import("./configuration.ts");
      const read = readConfig(receive(request.getArgs()).values);
      if (read.state === "wrong") throw new Error(read.failures.map(({ text }) => text).join("; "));
      session = start(read.state === "known" ? read.config : {});
      await session;
      const response = new proto.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),

    check: unary(onResource((resource) => resource.check)),
    diff: unary(onResource((resource) => resource.diff)),
    create: unary(onResource((resource) => resource.create)),
    update: unary(onResource((resource) => resource.update)),
    read: unary(onResource((resource) => resource.read)),
    delete: unary(onResource((resource) => resource.delete)),

    invoke: unary(async (request: pb.InvokeRequest) => {
      const { invoke } = await import("./functions/invoke.ts");
      return invoke(await configured(), request);
    }),

    // At the end of every operation too, when nothing runs any more.
    cancel: unary(async () => {
      (await session)?.running.cancel();
      return new proto.Empty();
    }),
  };
  return {
    methods,
    stop: async () => {
      const running = (await session)?.running;
      running?.cancel();
      await running?.idle();
    },
  };
}
