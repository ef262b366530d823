import { expect, test } from "vitest";

import { gibibytes } from "../../../provider/bytes.ts";
import { poolOf } from "../../../provider/scheduler/occupancy/pool.ts";
import type { PlacementRequest } from "../../../provider/scheduler/request.ts";
import { placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { mi300xLayout } from "../../support/mi300x.ts";

const ask = (key: string, size: number): PlacementRequest => ({
  key,
  demandByTensorParallel: new Map([[1, gibibytes(size)]]),
  tensorParallel: "auto",
  strategy: "pack",
  exclusive: false,
});

test("a batch with too little room refuses its few largest models, not its many small ones, without a search", () => {
  const two = poolOf([{ hostId: "h", layout: mi300xLayout(["DPX"], "NPS1") }]);
  const large = [ask("large-0", 90), ask("large-1", 90)];
  const small = Array.from({ length: 8 }, (_, number) => ask(`small-${number}`, 23));
  const { refused, placements } = placeAll(two, [], [...large, ...small], { nodes: 0 });
  expect(refused.map(({ key }) => key)).toEqual(["large-0", "large-1"]);
  expect(placements).toHaveLength(8);
});
