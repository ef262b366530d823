import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A port in front of a server. While it is shut, a connection to it is refused, as by a host that is down. */
export interface Door {
  readonly port: number;
  open(): Promise<void>;
  /** Ends the connections that go through it. */
  shut(): Promise<void>;
}

/** A door to a port of 127.0.0.1, open at first. */
export const startDoor = async (target: number): Promise<Door> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  };
  const listen = (port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer((inner) => {
        const outer = keep(connect(target, "127.0.0.1"));
        keep(inner).pipe(outer).pipe(inner);
      });
      server.once("error", reject).listen(port, "127.0.0.1", () => resolve(server));
    });
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async open() {
      if (!server.listening) server = await listen(port);
    },
    async shut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
