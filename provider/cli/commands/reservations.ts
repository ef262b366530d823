import type { ListedReservation } from "../../host-record/listed.ts";
import { counted } from "../../message.ts";
import type { DirectHost } from "../../standalone/host.ts";
import { listReservations, releaseReservation } from "../../standalone/lazy.ts";
import type { Answer } from "../answer.ts";
import type { HostOptions } from "../host-options.ts";
import { withHost } from "../reach.ts";
import type { Terminal } from "../terminal.ts";
import { renderLines } from "../text/line.ts";
import { reservationLines } from "../text/reservations.ts";
import { UsageError } from "../usage-error.ts";

export interface ReservationFlags extends HostOptions {
  readonly release?: readonly string[];
  readonly yes?: true;
}

/** What is reserved on a host. Releases what `release` names, and nothing else. */
export async function reservations(
  terminal: Terminal,
  host: string | undefined,
  options: ReservationFlags,
): Promise<Answer> {
  const keys = [...new Set(options.release)];
  if (keys.length > 0 && options.yes === undefined && terminal.input === "none")
    throw new UsageError("--release asks before it releases; where nobody can answer, add --yes");
  if (keys.length === 0 && options.yes !== undefined)
    throw new UsageError("--yes confirms --release; name a reservation with --release");
  return withHost(host, options, terminal, async (open) => {
    const found = await listReservations(open);
    if (keys.length === 0) return answer(found, []);
    const unknown = keys.filter((key) => !found.some((one) => one.key === key));
    if (unknown.length > 0) {
      const error = `there is no reservation ${unknown.join(", ")}; nothing was released`;
      return { lines: [[error]], json: { error, reservations: found, released: [] }, status: 1 };
    }
    const named = found.filter((one) => keys.includes(one.key));
    terminal.complain(renderLines(reservationLines(named), "plain"));
    if (options.yes === undefined && !(await isConfirmed(terminal, named.length)))
      return { lines: [["nothing was released"]], json: { reservations: found, released: [] }, status: 1 };
    await releaseAll(terminal, open, named);
    return answer(await listReservations(open), keys);
  });
}

/** One after the other: each that is released has been said, whatever becomes of the next. */
async function releaseAll(
  terminal: Terminal,
  host: DirectHost,
  named: readonly ListedReservation[],
): Promise<void> {
  for (const one of named) {
    await releaseReservation(host, one);
    terminal.complain(renderLines([[`released ${one.key}`]], "plain"));
  }
}

async function isConfirmed(terminal: Terminal, count: number): Promise<boolean> {
  const said = await terminal.ask(`release ${counted(count, "reservation")}? [y/N] `);
  return /^y(es)?$/i.test(said.trim());
}

const answer = (found: readonly ListedReservation[], released: readonly string[]): Answer => ({
  lines: found.length === 0 ? [["nothing is reserved"]] : reservationLines(found),
  json: { reservations: found, released },
  status: 0,
});
