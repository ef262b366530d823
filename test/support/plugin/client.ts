import { credentials } from "@grpc/grpc-js";
import type pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";

import type { World } from "../../../provider/operations/operation/operation.ts";
import { serve } from "../../../provider/plugin/server.ts";
import { providerService } from "../../../provider/plugin/service.ts";
import { configuredWorld } from "../../../provider/plugin/world.ts";
import type { ProviderConfig } from "../../../provider/schema/provider-config.ts";
import { plain, type Properties, struct } from "./values.ts";

export interface Said {
  readonly urn: string;
  readonly severity: string;
  readonly message: string;
}

/** The plugin in this process, called as the engine calls it. */
export interface TestPlugin {
  readonly said: readonly Said[];
  /** Configuration as the engine sends it. */
  configure(config?: Properties): Promise<void>;
  checkConfig(news: Properties): Promise<{ inputs: Properties; failures: readonly string[] }>;
  diffConfig(olds: Properties, news: Properties): Promise<{ changes: boolean; replaces: readonly string[] }>;
  check(urn: string, olds: Properties, news: Properties): Promise<Checked>;
  diff(urn: string, id: string, olds: Properties, news: Properties, options?: DiffOptions): Promise<Diffed>;
  create(urn: string, inputs: Properties, options?: ActOptions): Promise<{ id: string; outputs: Properties }>;
  update(
    urn: string,
    id: string,
    olds: Properties,
    news: Properties,
    options?: ActOptions,
  ): Promise<Properties>;
  read(urn: string, id: string, properties?: Properties, inputs?: Properties): Promise<Read>;
  remove(urn: string, id: string, properties: Properties, options?: ActOptions): Promise<void>;
  invoke(token: string, args: Properties): Promise<Invoked>;
  cancel(): Promise<void>;
  getSchema(): Promise<string>;
  getPluginInfo(): Promise<string>;
  stop(): Promise<void>;
}

interface Checked {
  readonly inputs: Properties;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

interface Invoked {
  readonly result: Properties;
  readonly failures: Checked["failures"];
}

interface DiffOptions {
  readonly oldInputs?: Properties;
  readonly ignoreChanges?: readonly string[];
}

interface ActOptions {
  readonly timeout?: number;
  readonly preview?: boolean;
}

interface Diffed {
  readonly changes: boolean;
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
  /** Kind by path. */
  readonly detailed: Readonly<Record<string, string>>;
}

interface Read {
  readonly id: string;
  readonly properties: Properties;
  readonly inputs: Properties;
}

const KINDS = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];

type Done<Response> = (error: Error | null, response: Response) => void;

const ask = <Response>(call: (done: Done<Response>) => unknown): Promise<Response> =>
  new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(error) : resolve(response)));
  });

/** Puts something else in the place of what the operations reach. */
export type PluginWorld = (config: ProviderConfig, world: World) => World;

/** @param worldOf what the operations reach. @default real hosts, and what is said is kept */
export const startPlugin = async (
  worldOf?: PluginWorld,
  schema = '{"version":"0.0.0"}',
): Promise<TestPlugin> => {
  const said: Said[] = [];
  const service = providerService({
    schema: async () => schema,
    world: async (config) => {
      const world = configuredWorld(config, (urn, severity, message) =>
        said.push({ urn, severity, message }),
      );
      return worldOf ? worldOf(config, world) : world;
    },
    connect: () => undefined,
  });
  const server = await serve(service);
  const client = new providerGrpc.ResourceProviderClient(
    `127.0.0.1:${server.port}`,
    credentials.createInsecure(),
  );
  return {
    said,
    configure: async (config = {}) => {
      const request = new pb.ConfigureRequest();
      request.setArgs(struct(config));
      request.setAcceptsecrets(true);
      await ask<pb.ConfigureResponse>((done) => client.configure(request, done));
    },
    checkConfig: async (news) => {
      const request = new pb.CheckRequest();
      request.setNews(struct(news));
      const answer = await ask<pb.CheckResponse>((done) => client.checkConfig(request, done));
      return {
        inputs: plain(answer.getInputs()),
        failures: answer.getFailuresList().map((one) => one.getReason()),
      };
    },
    diffConfig: async (olds, news) => {
      const request = new pb.DiffRequest();
      request.setOldInputs(struct(olds));
      request.setNews(struct(news));
      const answer = await ask<pb.DiffResponse>((done) => client.diffConfig(request, done));
      return {
        changes: answer.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME,
        replaces: answer.getReplacesList(),
      };
    },
    check: async (urn, olds, news) => {
      const request = new pb.CheckRequest();
      request.setUrn(urn);
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      const answer = await ask<pb.CheckResponse>((done) => client.check(request, done));
      return {
        inputs: plain(answer.getInputs()),
        failures: answer
          .getFailuresList()
          .map((one) => ({ property: one.getProperty(), reason: one.getReason() })),
      };
    },
    diff: async (urn, id, olds, news, { oldInputs = {}, ignoreChanges = [] } = {}) => {
      const request = new pb.DiffRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      request.setOldInputs(struct(oldInputs));
      request.setIgnorechangesList([...ignoreChanges]);
      const answer = await ask<pb.DiffResponse>((done) => client.diff(request, done));
      return {
        changes: answer.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME,
        replaces: answer.getReplacesList(),
        deleteBeforeReplace: answer.getDeletebeforereplace(),
        detailed: Object.fromEntries(
          answer
            .getDetaileddiffMap()
            .getEntryList()
            .map(([path, shown]) => [path, KINDS[(shown as unknown as [number])[0] ?? 0] ?? ""]),
        ),
      };
    },
    create: async (urn, inputs, { timeout = 0, preview = false } = {}) => {
      const request = new pb.CreateRequest();
      request.setUrn(urn);
      request.setProperties(struct(inputs));
      request.setTimeout(timeout);
      request.setPreview(preview);
      const answer = await ask<pb.CreateResponse>((done) => client.create(request, done));
      return { id: answer.getId(), outputs: plain(answer.getProperties()) };
    },
    update: async (urn, id, olds, news, { timeout = 0, preview = false } = {}) => {
      const request = new pb.UpdateRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      request.setTimeout(timeout);
      request.setPreview(preview);
      return plain((await ask<pb.UpdateResponse>((done) => client.update(request, done))).getProperties());
    },
    read: async (urn, id, properties = {}, inputs = {}) => {
      const request = new pb.ReadRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setProperties(struct(properties));
      request.setInputs(struct(inputs));
      const answer = await ask<pb.ReadResponse>((done) => client.read(request, done));
      return {
        id: answer.getId(),
        properties: plain(answer.getProperties()),
        inputs: plain(answer.getInputs()),
      };
    },
    remove: async (urn, id, properties, { timeout = 0 } = {}) => {
      const request = new pb.DeleteRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setProperties(struct(properties));
      request.setTimeout(timeout);
      await ask<emptyPb.Empty>((done) => client.delete(request, done));
    },
    invoke: async (token, args) => {
      const request = new pb.InvokeRequest();
      request.setTok(token);
      request.setArgs(struct(args));
      const answer = await ask<pb.InvokeResponse>((done) => client.invoke(request, done));
      return {
        result: plain(answer.getReturn()),
        failures: answer
          .getFailuresList()
          .map((one) => ({ property: one.getProperty(), reason: one.getReason() })),
      };
    },
    cancel: async () => {
      await ask<emptyPb.Empty>((done) => client.cancel(new emptyPb.Empty(), done));
    },
    getSchema: async () =>
      (
        await ask<pb.GetSchemaResponse>((done) => client.getSchema(new pb.GetSchemaRequest(), done))
      ).getSchema(),
    getPluginInfo: async () =>
      (
        await ask<pluginPb.PluginInfo>((done) => client.getPluginInfo(new emptyPb.Empty(), done))
      ).getVersion(),
    stop: async () => {
      client.close();
      await service.stop();
      server.stop();
    },
  };
};
