import type { Mixer } from "../../../schema/model-layers.ts";

export type StateMixer = Extract<Mixer, { kind: "delta" | "mamba" | "convolution" | "linear" }>;

/**
 * Bytes of one sequence's state in one layer of one rank: the last inputs of a convolution and a matrix per head, both
 * divided over the ranks (`MambaStateShapeCalculator` in `vllm/model_executor/layers/mamba/mamba_utils.py`, 0.33.0).
 *
 * @param elementBytes of what the model computes in
 */
export function stateBytes(mixer: StateMixer, elementBytes: number, tensorParallel: number): number {
  const matrixBytes = (stateDtype: "fp32" | "bf16" | undefined): number =>
    stateDtype === "fp32" ? 4 : elementBytes;
  switch (mixer.kind) {
    case "delta": {
      const channels = 2 * mixer.keyHeads * mixer.keyHeadDim + mixer.valueHeads * mixer.valueHeadDim;
      const matrices = mixer.valueHeads * mixer.valueHeadDim * mixer.keyHeadDim;
      const inputs = channels * (mixer.convKernel - 1) * elementBytes;
      // Kimi's variant holds its matrices in fp32 unless told otherwise (`kda_state_dtype`).
      const dtype = mixer.stateDtype ?? (mixer.decay === "per-channel" ? "fp32" : undefined);
      return (inputs + matrices * matrixBytes(dtype)) / tensorParallel;
    }
    case "mamba": {
      // Groups that the ranks do not divide are copied, so that each rank has those of its heads.
      const groups =
        mixer.groups % tensorParallel === 0 ? mixer.groups : mixer.groups + tensorParallel - mixer.groups;
      const channels = mixer.heads * mixer.headDim + 2 * groups * mixer.stateSize;
      const inputs = channels * (mixer.convKernel - 1) * elementBytes;
      const matrices = mixer.heads * mixer.headDim * mixer.stateSize;
      return (inputs + matrices * matrixBytes(mixer.stateDtype)) / tensorParallel;
    }
    case "convolution":
      return (mixer.channels * (mixer.convKernel - 1) * elementBytes) / tensorParallel;
    case "linear":
      return (mixer.heads * mixer.headDim ** 2 * 4) / tensorParallel;
  }
}
