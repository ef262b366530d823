import type { LinearAttention } from "./shape.ts";

/**
 * Bytes of one sequence's state in one layer of one rank: the last inputs of the convolution and a matrix per value head,
 * both divided over the ranks (`gated_delta_net_state_shape` in `vllm/model_executor/layers/mamba/mamba_utils.py`, 0.33.0).
 *
 * @param elementBytes of what the model computes in
 */
export function linearStateBytes(
  linear: LinearAttention,
  elementBytes: number,
  tensorParallel: number,
): number {
  const channels = 2 * linear.keyHeads * linear.keyHeadDim + linear.valueHeads * linear.valueHeadDim;
  const convolution = channels * (linear.convKernel - 1) * elementBytes;
  const matrices = linear.valueHeads * linear.valueHeadDim * linear.keyHeadDim;
  return (convolution + matrices * (linear.stateDtype === "fp32" ? 4 : elementBytes)) / tensorParallel;
}
