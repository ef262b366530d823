import { expect, test } from "vitest";
import { parse, stringify } from "yaml";

import { service } from "../../provider/render/compose.ts";
import { SERVED } from "./served.ts";

test("a service gets its devices by the names and forms of the Compose specification", () => {
  expect(service(SERVED)).toEqual({
    devices: ["/dev/kfd:/dev/kfd", "/dev/dri/renderD136:/dev/dri/renderD136"],
    group_add: ["44", "109"],
    ipc: "host",
    security_opt: ["seccomp=unconfined"],
    environment: { ROCR_VISIBLE_DEVICES: "0" },
  });
});

test("the rendered YAML parses to the same service, with group numbers as text", () => {
  expect(parse(stringify({ services: { llama: service(SERVED) } }))).toEqual({
    services: { llama: service(SERVED) },
  });
});

test("one group that owns all files is named once, as the specification wants it", () => {
  expect(service({ ...SERVED, groups: ["44", "44"] }).group_add).toEqual(["44"]);
});

test("Compose does not take a dollar of a value for a variable of its own", () => {
  const { environment } = service({ ...SERVED, env: { KEY: "a$HOME$$" } });
  expect(environment).toEqual({ KEY: "a$$HOME$$$$" });
});
