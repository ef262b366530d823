import { diagnoseHost } from "../../standalone/lazy.ts";
import type { Answer } from "../answer.ts";
import type { HostOptions } from "../host-options.ts";
import { disconnected, hostArgs } from "../reach.ts";
import type { Terminal } from "../terminal.ts";
import { diagnosisLines } from "../text/diagnosis.ts";

/** Checks everything between this machine and a partitioned host. */
export async function doctor(
  terminal: Terminal,
  host: string | undefined,
  options: HostOptions,
): Promise<Answer> {
  const args = await hostArgs(host, options, terminal);
  const diagnosis = await disconnected(args, () => diagnoseHost(args));
  return { lines: diagnosisLines(diagnosis), json: diagnosis, status: diagnosis.ok ? 0 : 1 };
}
