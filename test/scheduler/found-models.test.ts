import { expect, test } from "vitest";

import { resolve } from "../../provider/models/resolve.ts";
import { ModelScheduler } from "../../provider/scheduler/model-scheduler.ts";
import { cpxNode } from "../support/mi300x.ts";

const OFF = { hub: "off" } as const;

test("a model that was found is placed as it is, and is named by what the engine loads", async () => {
  const found = await resolve("my-org/Finetuned-1B", OFF);
  const answer = new ModelScheduler(cpxNode()).scheduleModel(found, { maxNumSeqs: 2 });
  expect(answer).toMatchObject({ success: true, name: "my-org/Finetuned-1B", tensorParallel: 1 });
  expect(answer.success && answer.warnings[0]).toContain("NOTHING IS KNOWN ABOUT my-org/Finetuned-1B");
});

test("a model that was not found is a refusal with the reason it was not", async () => {
  const missing = await resolve("./not-here", OFF);
  expect(new ModelScheduler(cpxNode()).scheduleModel(missing)).toMatchObject({
    success: false,
    error: expect.stringContaining("model ./not-here: there is no such directory") as unknown,
    remedies: [],
  });
});

test("options are checked for a model that was found as for any other", async () => {
  const found = await resolve("Qwen/Qwen3-8B", OFF);
  const wrong = { maxNumSeqs: 0 };
  expect(new ModelScheduler(cpxNode()).scheduleModel(found, wrong)).toMatchObject({
    success: false,
    error: expect.stringMatching(/^options\.maxNumSeqs: /) as unknown,
  });
});
