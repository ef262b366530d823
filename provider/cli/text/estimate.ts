import { bytes, formatBytes } from "../../bytes.ts";
import { counted } from "../../message.ts";
import type { ModelEstimate } from "../../standalone/estimate.ts";
import { type Line, span } from "./line.ts";
import { table } from "./table.ts";

/** A model on one GPU in one of its modes. */
export type CardFit = {
  /** "CPX/NPS4" */
  readonly modes: string;
  readonly devices: number;
  /** Bytes of one device. */
  readonly usable: number;
} & (
  | { readonly fits: false }
  | {
      readonly fits: true;
      readonly tensorParallel: number;
      /** Bytes. */
      readonly perDevice: number;
    }
);

/** The sum, term by term, and where it fits. */
export function estimateLines(
  estimate: Extract<ModelEstimate, { readonly ok: true }>,
  accelerator: string,
  fits: readonly CardFit[],
): readonly Line[] {
  const { model, origin, serving, tensorParallel, memory, warnings } = estimate;
  return [
    [span("heading", model), ...(origin ? [`: ${origin.detail}`] : [])],
    [
      [
        `${memory.dtype} weights`,
        `${serving.maxModelLen} tokens of context`,
        counted(serving.maxNumSeqs, "sequence"),
        serving.engine ?? "vllm",
        counted(tensorParallel, "rank"),
      ].join(", "),
    ],
    [],
    ...table(
      [
        { title: "MEMORY OF A RANK" },
        { title: "AT LEAST", align: "right" },
        { title: "LIKELY", align: "right" },
        { title: "AT MOST", align: "right" },
      ],
      [
        ...memory.terms
          .filter(({ high }) => high > 0)
          .map(({ name, low, best, high }) => [name, ...[low, best, high].map(formatBytes)]),
        ["sum", ...[memory.low, memory.best, memory.high].map(formatBytes)].map((text) =>
          span("heading", text),
        ),
      ],
    ),
    [],
    ...table(
      [
        { title: accelerator },
        { title: "DEVICES", align: "right" },
        { title: "USABLE OF EACH", align: "right" },
        { title: "MODEL" },
      ],
      fits.map((fit) => [
        fit.modes,
        String(fit.devices),
        formatBytes(bytes(fit.usable)),
        fit.fits
          ? span(
              "good",
              `${formatBytes(bytes(fit.perDevice))} on ${fit.tensorParallel === 1 ? "1 device" : `each of ${fit.tensorParallel} devices`}`,
            )
          : span("bad", "does not fit"),
      ]),
    ),
    ...(warnings.length > 0 ? [[]] : []),
    ...warnings.map((sentence) => [span("warning", "warning"), `: ${sentence}`]),
  ];
}
