import type { Connection } from "../schema/connection.ts";

/** One SSH server to log in to: a host, or a jump host on the way to it. */
export interface Endpoint {
  readonly connection: Connection;
  /** For messages: "ops@gpu1.example", "the jump host ops@bastion.example". */
  readonly target: string;
  /** The property of a declaration that has these fields, for messages: "connection", "connection.proxy". */
  readonly property: string;
}

export const hostEndpoint = (connection: Connection): Endpoint => ({
  connection,
  target: accountOf(connection),
  property: "connection",
});

/** The jump host in front of `endpoint`; undefined: it is reached directly. */
export function jumpEndpoint({ connection, property }: Endpoint): Endpoint | undefined {
  const { proxy } = connection;
  return (
    proxy && {
      connection: proxy,
      target: `the jump host ${accountOf(proxy)}`,
      property: `${property}.proxy`,
    }
  );
}

/** Where a server is, by the names and the network of whoever connects to it. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** "gpu1.example:22", "[fe80::1]:22" */
export const addressOf = ({ host, port }: Address): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** "ops@gpu1.example", with the port where it is not the usual one. */
const accountOf = (connection: Connection): string =>
  `${connection.user}@${connection.port === 22 ? connection.host : addressOf(connection)}`;
