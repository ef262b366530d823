import { growth } from "./placement/growth.ts";
import { oneHost } from "./placement/one-host.ts";
import { quality } from "./placement/quality.ts";
import type { Section } from "./section.ts";

const INSTANCES = 200;

export const placement: Section = {
  name: "placement",
  title: "How well and how fast models are placed",
  run: async ({ signal, turns, say }) => {
    say("placement: one host");
    const host = oneHost(signal);
    say("placement: growth");
    const fleet = growth(turns, signal);
    say("placement: quality");
    return [...host, ...fleet, ...(await quality(INSTANCES, signal))];
  },
};
