import * as fc from "fast-check";

import {
  ACCELERATORS,
  type AcceleratorName,
  type ComputeMode,
  type MemoryMode,
  type Profile,
} from "../support/fake-node/accelerators.ts";
import { NO_ANSWER } from "../support/fake-node/amd-smi/question.ts";
import { runAmdSmi } from "../support/fake-node/amd-smi/run.ts";
import { createState } from "../support/fake-node/create-state.ts";
import { runModprobe } from "../support/fake-node/modprobe.ts";
import type { NodeState } from "../support/fake-node/state.ts";
import { ROCM_VERSIONS } from "../support/fake-node/versions.ts";

/** Any host, in any mode pair its GPUs allow. */
export const host = (): fc.Arbitrary<NodeState> =>
  fc
    .record({
      rocm: fc.constantFrom(...ROCM_VERSIONS),
      accelerator: kind(),
      others: fc.array(kind(), { maxLength: 7, size: "-1" }),
      gpus: fc.integer({ min: 1, max: 8 }),
      display: fc.constantFrom("ast" as const, "none" as const),
      drmNodeLimit: fc.constantFrom(null, 64),
      platform: fc.constantFrom("bare-metal" as const, "bare-metal" as const, "guest" as const),
    })
    .chain(({ others, ...options }) =>
      modes(options.accelerator).map(({ compute = "SPX", memory = "NPS1" }) =>
        createState({
          ...options,
          memory,
          accelerator: [options.accelerator, ...others],
          // A GPU of another kind is as its driver starts it: the mode of the first need not exist there.
          compute: others.length === 0 ? compute : [compute, ...others.map(() => "SPX" as const)],
        }),
      ),
    );

const kind = (): fc.Arbitrary<AcceleratorName> =>
  fc.constantFrom(...(Object.keys(ACCELERATORS) as AcceleratorName[]));

const modes = (
  name: AcceleratorName,
): fc.Arbitrary<{ readonly compute?: ComputeMode; readonly memory?: MemoryMode }> => {
  const profiles: readonly Profile[] = ACCELERATORS[name].profiles;
  const pairs = profiles.flatMap(({ mode, memoryModes }) =>
    memoryModes.map((memory) => ({ compute: mode, memory })),
  );
  return fc.constantFrom({}, ...pairs);
};

export type Change = (state: NodeState) => NodeState;

/** Commands as somebody might give them, sensible or not. */
export const history = (): fc.Arbitrary<readonly Change[]> => fc.array(change(), { maxLength: 6 });

export const after = (changes: readonly Change[], first: NodeState): NodeState =>
  changes.reduce((state, change) => change(state), first);

const change = (): fc.Arbitrary<Change> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.integer({ min: 0, max: 9 }), compute())
        .map(([gpu, mode]) => amdSmi(`set -g ${gpu} -C ${mode}`, "")),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(memory(), answer()).map(([mode, reply]) => amdSmi(`set -g 0 -M ${mode}`, reply)),
    },
    { weight: 1, arbitrary: fc.constant(modprobe("-r", "amdgpu")) },
    { weight: 1, arbitrary: fc.constant(modprobe("amdgpu")) },
    { weight: 2, arbitrary: fc.constant(reload) },
    { weight: 1, arbitrary: answer().map((reply) => amdSmi("reset -r", reply)) },
  );

const compute = (): fc.Arbitrary<string> => fc.constantFrom("SPX", "DPX", "TPX", "QPX", "CPX", "3", "x");
const memory = (): fc.Arbitrary<string> => fc.constantFrom("NPS1", "NPS2", "NPS4", "NPS8");
const answer = (): fc.Arbitrary<string> => fc.constantFrom("Y", "Y", "N", NO_ANSWER);

const reload: Change = (state) => modprobe("amdgpu")(modprobe("-r", "amdgpu")(state));

const amdSmi =
  (command: string, reply: string): Change =>
  (state) => {
    const argv = [...command.split(" "), "--json"];
    const first = runAmdSmi(state, argv, "root");
    return (first.asks ? runAmdSmi(state, argv, "root", reply) : first).state ?? state;
  };

const modprobe =
  (...argv: readonly string[]): Change =>
  (state) =>
    runModprobe(state, "modprobe", argv, "root").state ?? state;
