import type { ConnectionArgs } from "../schema/connection.ts";
import { parseHostName } from "./host-name.ts";
import { UsageError } from "./usage-error.ts";

/**
 * "ops@bastion:2222,inner" as `ssh -J` reads it: the first is reached directly, each further one through the one before.
 *
 * @param common what they share with the host behind them @returns the last one, with those before it as its `proxy`
 * @throws UsageError
 */
export function jumpHosts(text: string, common: Partial<ConnectionArgs>): ConnectionArgs {
  const [first = "", ...further] = text.split(",");
  return further.reduce<ConnectionArgs>(
    (proxy, one) => ({ ...jumpHost(one, common), proxy }),
    jumpHost(first, common),
  );
}

/** An address of IPv6 stands in brackets, because a port may follow. */
function jumpHost(text: string, common: Partial<ConnectionArgs>): ConnectionArgs {
  const [, before = "", bracketed, plain, port] =
    /^\s*(.*@)?(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?\s*$/.exec(text) ?? [];
  const name = bracketed ?? plain;
  if (name === undefined) throw new UsageError(`-J takes [user@]host[:port], not "${text}"`);
  const { user, host } = parseHostName(`${before}${name}`);
  return {
    ...common,
    host,
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port: Number(port) }),
  };
}
