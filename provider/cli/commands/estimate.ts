import { createScheduler, estimateModel, resolveModel } from "../../standalone/lazy.ts";
import { acceleratorByName, type AcceleratorName, includesPair } from "../../topology/accelerators.ts";
import { buildLayout } from "../../topology/layout.ts";
import { formatModes, type ModePair } from "../../topology/modes.ts";
import type { Answer } from "../answer.ts";
import { type ServingFlags, servingOptions } from "../serving-options.ts";
import { parseCard } from "../simulated-name.ts";
import type { Terminal } from "../terminal.ts";
import { type CardFit, estimateLines } from "../text/estimate.ts";
import { UsageError } from "../usage-error.ts";

export interface EstimateFlags extends ServingFlags {
  readonly on: string;
}

const GPU = "gpu";

/** Memory of a model, term by term, and whether it fits one GPU in each of its modes. */
export async function estimate(_terminal: Terminal, name: string, flags: EstimateFlags): Promise<Answer> {
  const { accelerator, modes } = parseCard(flags.on);
  const { permitted, instructionSet } = acceleratorByName(accelerator);
  if (modes && !includesPair(permitted, modes))
    throw new UsageError(
      `${accelerator} does not offer ${formatModes(modes)}; it offers ${permitted.map(formatModes).join(", ")}`,
    );
  const options = { ...servingOptions(flags), gpuArchitecture: instructionSet };
  const model = await resolveModel(name);
  const estimated = await estimateModel(model, options);
  if (!estimated.ok) return { lines: [[estimated.error]], json: estimated, status: 1 };
  const fits = await Promise.all(
    (modes ? [modes] : permitted).map((pair) => fitOn(accelerator, pair, model, options)),
  );
  return {
    lines: estimateLines(estimated, accelerator, fits),
    json: { ...estimated, accelerator, fits },
    status: fits.some((fit) => fit.fits) ? 0 : 1,
  };
}

async function fitOn(
  accelerator: AcceleratorName,
  modes: ModePair,
  model: Awaited<ReturnType<typeof resolveModel>>,
  options: ReturnType<typeof servingOptions>,
): Promise<CardFit> {
  const layout = buildLayout([{ ...acceleratorByName(accelerator), gpu: GPU }], new Map([[GPU, modes]]));
  const scheduler = await createScheduler(layout);
  const [device] = scheduler.partitionUtilization();
  const answer = scheduler.scheduleModel(model, options);
  const of = {
    modes: formatModes(modes),
    devices: layout.devices.length,
    usable: Math.max(0, (device?.capacity ?? 0) - (device?.reserve ?? 0)),
  };
  return answer.success
    ? { ...of, fits: true, tensorParallel: answer.tensorParallel, perDevice: answer.memory.high }
    : { ...of, fits: false };
}
