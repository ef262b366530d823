import { OperationError } from "../operations/operation-error.ts";
import { pluginMessages as say } from "./messages.ts";

/** The machine that runs Pulumi. */
export const IMPORT_LOCAL = "local";

/** A name, or an address of version 4, with a user and a port. Nothing in it can be a password or a key. */
const PLACE =
  /^(?:(?<user>[A-Za-z_][\w.-]{0,63})@)?(?<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::(?<port>\d{1,5}))?$/;

/** An address of version 6, which has colons of its own, and so no port. */
const ADDRESS_6 = /^[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}$/;

export interface ImportPlace {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/**
 * The host that an id of `pulumi import` names, besides those of the inventory.
 *
 * @throws OperationError that does not repeat the id, which may hold a credential
 */
export function parseImportId(id: string): ImportPlace {
  if (ADDRESS_6.test(id)) return { host: id };
  const { user, host, port } = PLACE.exec(id)?.groups ?? {};
  if (host === undefined) throw new OperationError(say["import-id"]());
  return { host, ...(user !== undefined && { user }), ...(port !== undefined && { port: Number(port) }) };
}
