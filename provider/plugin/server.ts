import { grpc, proto } from "./proto.ts";
import type { ProviderService } from "./service.ts";

/** What the engine itself allows: a state of many hosts is large. */
const LARGEST_MESSAGE = 400 * 1024 * 1024;

export interface RunningServer {
  readonly port: number;
  /** Waits for nothing: calls that are under way fail. */
  stop(): void;
}

/** Serves on a free port of the loopback address. */
export async function serve({ methods }: Pick<ProviderService, "methods">): Promise<RunningServer> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": LARGEST_MESSAGE,
    "grpc.max_send_message_length": LARGEST_MESSAGE,
  });
  server.addService(proto.ResourceProviderService, methods);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}
