import { defineMessages } from "../../message.ts";
import type { Bdf } from "../../topology/layout.ts";

const be = (gpus: readonly Bdf[]): string => (gpus.length === 1 ? "is" : "are");

/** What a declaration means while GPUs of its host are missing. Those that are problems follow the name of a property. */
export const planMessages = defineMessages({
  "gpus-missing-counted": ({ gpus }: { readonly gpus: readonly Bdf[] }) =>
    `counts GPUs, and ${gpus.join(", ")} ${be(gpus)} missing, so that numbers and counts mean other GPUs; name GPUs by their PCI addresses, or bring the missing ${gpus.length === 1 ? "GPU" : "GPUs"} back first`,
  "gpu-missing-named": ({ gpu }: { readonly gpu: Bdf }) =>
    `names GPU ${gpu}, which is missing on the host; bring it back first, or leave it out`,
  "gpus-missing-left-out": ({ gpus, left }: { readonly gpus: readonly Bdf[]; readonly left: number }) =>
    `${gpus.join(", ")} ${be(gpus)} missing and left out: the declaration reaches the ${left} GPUs that are there, and the others when they are back`,
  "declared-gpus-missing": ({ gpus }: { readonly gpus: readonly Bdf[] }) =>
    `${gpus.join(", ")} ${be(gpus)} declared and missing on the host; the other GPUs stay as declared, and nothing is set on ${gpus.length === 1 ? "it" : "them"} until the driver shows ${gpus.length === 1 ? "it" : "them"} again`,
  "gpus-missing-reason": ({ gpus }: { readonly gpus: readonly Bdf[] }) =>
    `drift: ${gpus.join(", ")} ${be(gpus)} missing`,
});
