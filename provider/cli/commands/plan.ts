import type { Answer } from "../answer.ts";
import { readDeclaration } from "../declaration-file.ts";
import type { HostOptions } from "../host-options.ts";
import { withHost } from "../reach.ts";
import type { Terminal } from "../terminal.ts";
import { planLines } from "../text/plan.ts";

export interface PlanCommandOptions extends HostOptions {
  readonly owner?: string;
  readonly expectNoChanges?: true;
}

/** What an update with this declaration would do to a host, and whom it would hurt. Changes nothing. */
export async function plan(
  terminal: Terminal,
  path: string,
  host: string | undefined,
  options: PlanCommandOptions,
): Promise<Answer> {
  const declaration = await readDeclaration(path);
  return withHost(host, options, terminal, async (open) => {
    const planned = await open.plan(declaration, { owner: options.owner });
    const isWrong =
      planned.refusals.length > 0 || (options.expectNoChanges === true && planned.plan.steps.length > 0);
    return {
      lines: planLines(planned),
      json: {
        owner: planned.owner ?? null,
        plan: planned.plan,
        refusals: planned.refusals.map(({ code, text }) => ({ code, text })),
        warnings: planned.warnings,
      },
      status: isWrong ? 1 : 0,
    };
  });
}
