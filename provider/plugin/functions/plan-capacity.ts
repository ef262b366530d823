import { type CapacityModel, planCapacity as plan } from "../../scheduler/plan-capacity.ts";
import { planCapacitySchema } from "../../schema/functions.ts";
import { pluginMessages as say } from "../messages.ts";
import { findModel } from "./find-model.ts";
import { defineFunction, failed, known } from "./function.ts";

/** Which layouts of hosts hold models. No host is contacted. */
export const planCapacity = defineFunction({
  schema: planCapacitySchema,
  results: ["fits", "plans", "tried", "searched"],
  answer: async ({ models, hosts }, session) => {
    const sought: Record<string, CapacityModel> = {};
    for (const [name, { model, ...options }] of Object.entries(models)) {
      const found = await findModel(session, `models.${name}.model`, model);
      if (!found.ok) return found.answer;
      sought[name] = { ...options, model: found.model };
    }
    const answer = plan(sought, hosts);
    if (!answer.ok) return failed("hosts", say["invalid-argument"]({ problem: answer.error }));
    const { ok: _ok, ...result } = answer;
    return known(result);
  },
});
