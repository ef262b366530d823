// As many dynamic resources as declaration.json has hosts and models, none of which does anything: the least a Pulumi stack of
// that size can take.
import { readFileSync } from "node:fs";

import * as pulumi from "@pulumi/pulumi";

const doesNothing = {
  check: async (olds, news) => ({ inputs: news }),
  diff: async () => ({ changes: false }),
  create: async (inputs) => ({ id: "nothing", outs: inputs }),
  read: async (id, props) => ({ id, props }),
  delete: async () => {},
};

class Nothing extends pulumi.dynamic.Resource {
  constructor(name) {
    super(doesNothing, name, { name });
  }
}

const hosts = JSON.parse(readFileSync("declaration.json", "utf8"));
const names = hosts.flatMap(({ name, models }) => [name, ...models.map((model) => model.name)]);
const declared = names.map((name) => new Nothing(name));

export const resources = declared.length;
