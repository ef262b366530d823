import { expect, test } from "vitest";

import { planCapacity } from "../../provider/scheduler/plan-capacity.ts";

const MI300X = { name: "node1", accelerator: "MI300X", gpus: 2 } as const;

function answered(...question: Parameters<typeof planCapacity>) {
  const answer = planCapacity(...question);
  if (!answer.ok) throw new Error(answer.error);
  return answer;
}

test("models that fit the delivered layout need no change and no driver reload, after every mix of modes was tried", () => {
  const answer = answered({ chat: { model: "Qwen/Qwen3-8B", maxNumSeqs: 4 } }, [MI300X]);
  const [best] = answer.plans;
  expect(answer).toMatchObject({ fits: true, searched: "every" });
  // Two GPUs: NPS1 has four compute modes (10 mixes), NPS2 one, NPS4 two (3 mixes).
  expect(answer.tried).toBe(14);
  expect(best).toMatchObject({
    hosts: [{ compute: ["SPX", "SPX"], memory: "NPS1", driverReload: false, changedGpus: 0 }],
    refused: [],
    driverReloads: [],
    proof: { optimal: true },
  });
});

test("a model that wants devices of its own decides the modes, and GPUs that nobody needs stay as they are", () => {
  const answer = answered({ small: { model: "Qwen/Qwen2.5-0.5B", exclusive: true, replicas: 5 } }, [MI300X]);
  expect(answer.fits).toBe(true);
  const [best] = answer.plans;
  expect(best?.hosts[0]).toMatchObject({ memory: "NPS1", driverReload: false, changedGpus: 1 });
  expect(best?.hosts[0]?.compute).toContain("SPX");
});

test("a memory mode other than the host's is told as a driver reload, and avoided where it can be", () => {
  const now = { compute: "CPX", memory: "NPS4" } as const;
  const { plans } = answered({ chat: { model: "Qwen/Qwen2.5-0.5B" } }, [{ ...MI300X, now }]);
  expect(plans[0]).toMatchObject({ driverReloads: [], hosts: [{ memory: "NPS4", changedGpus: 0 }] });
  const large = answered({ big: { model: "meta-llama/Llama-3.3-70B-Instruct", tensorParallel: 1 } }, [
    { ...MI300X, now },
  ]);
  expect(large.fits).toBe(true);
  expect(large.plans.map((plan) => plan.driverReloads)).toEqual(large.plans.map(() => ["node1"]));
});

test("models that no layout holds are answered with the layouts that hold most", () => {
  const answer = answered(
    { big: { model: "meta-llama/Llama-3.3-70B-Instruct", replicas: 3, tensorParallel: 1 } },
    [MI300X],
  );
  expect(answer).toMatchObject({ fits: false, plans: [{ refused: ["big-2"] }] });
});

test("several hosts are planned together, every host in one mode", () => {
  const hosts = [MI300X, { ...MI300X, name: "node2" }];
  const answer = answered({ small: { model: "Qwen/Qwen2.5-0.5B", exclusive: true, replicas: 17 } }, hosts);
  expect(answer).toMatchObject({ fits: true, searched: "uniform", tried: 49 });
  expect(answer.plans[0]?.hosts.map((one) => one.changedGpus)).toEqual(expect.arrayContaining([0, 2]));
});

test("a mistake is a sentence that names the model", () => {
  expect(planCapacity({ chat: { model: "Qwen/Qwen3-8" } }, [MI300X])).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^chat: .*not in the catalog/) as unknown,
  });
  const many = Array.from({ length: 8 }, (_, number) => ({ ...MI300X, name: `node${number}` }));
  expect(planCapacity({ chat: { model: "Qwen/Qwen3-8B" } }, many)).toMatchObject({
    ok: false,
    error: expect.stringContaining("ask for fewer hosts") as unknown,
  });
});
