import { defineMessages } from "../../message.ts";
import type { Bdf } from "../../topology/layout.ts";

const be = (gpus: readonly Bdf[]): string => (gpus.length === 1 ? "is" : "are");

/** What a declaration means while GPUs of its host are missing. Those that are problems follow the name of a property. */
export const planMessages = defineMessages({
  "gpus-missing-counted": ({ gpus }: { readonly gpus: readonly Bdf[] }) =>
    `selects GPUs by number or count, but ${gpus.join(", ")} ${be(gpus)} missing, so it would select other GPUs; name GPUs by their PCI addresses, or bring the missing ${gpus.length === 1 ? "GPU" : "GPUs"} back first`,
  "gpu-missing-named": ({ gpu }: { readonly gpu: Bdf }) =>
    `names GPU ${gpu}, which is missing on the host; bring the GPU back first, or remove it from the declaration`,
  "gpus-missing-left-out": ({ gpus, left }: { readonly gpus: readonly Bdf[]; readonly left: number }) =>
    `${gpus.join(", ")} ${be(gpus)} missing on the host: the declaration applies to the ${left} GPUs that are present, and to the missing ${gpus.length === 1 ? "GPU" : "GPUs"} after ${gpus.length === 1 ? "it is" : "they are"} back`,
  "declared-gpus-missing": ({ gpus }: { readonly gpus: readonly Bdf[] }) =>
    `${gpus.join(", ")} ${be(gpus)} declared but missing on the host; the other GPUs stay as declared, and the missing ${gpus.length === 1 ? "GPU is" : "GPUs are"} not set until the driver shows ${gpus.length === 1 ? "it" : "them"} again`,
  "gpus-missing-reason": ({ gpus }: { readonly gpus: readonly Bdf[] }) =>
    `drift: ${gpus.join(", ")} ${be(gpus)} missing`,
});
