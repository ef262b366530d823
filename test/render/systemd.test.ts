import * as fc from "fast-check";
import { expect, test } from "vitest";

import { dropIn, quadlet } from "../../provider/render/systemd.ts";
import { runs } from "../support/property-runs.ts";
import { loadedBySystemd } from "./loaded-by-systemd.ts";
import { BY_NAME, SERVED } from "./served.ts";

const settings = (loaded: string, name: string): readonly string[] =>
  loaded
    .split("\n")
    .filter((line) => line.startsWith(`\t\t${name}: `))
    .map((line) => line.slice(name.length + 4));

test("a drop-in shuts a service to its devices, and lets it count them from 0", () => {
  expect(dropIn(SERVED)).toBe(
    `[Service]
DevicePolicy=closed
DeviceAllow=/dev/kfd rw
DeviceAllow=/dev/dri/renderD136 rw
SupplementaryGroups=44 109
Environment="ROCR_VISIBLE_DEVICES=0"
`,
  );
});

test("systemd reads in a drop-in what was meant", () => {
  const loaded = loadedBySystemd(dropIn(SERVED));
  expect(settings(loaded, "DevicePolicy")).toEqual(["closed"]);
  expect(settings(loaded, "DeviceAllow").toSorted()).toEqual(["/dev/dri/renderD136 rw", "/dev/kfd rw"]);
  expect(settings(loaded, "SupplementaryGroups")).toEqual(["44 109"]);
  expect(settings(loaded, "Environment")).toEqual(["ROCR_VISIBLE_DEVICES=0"]);
  expect(settings(loadedBySystemd(dropIn(BY_NAME)), "SupplementaryGroups")).toEqual(["video render"]);
});

test("a line that systemd does not understand is an error of this test's own tool", () => {
  expect(() => loadedBySystemd("[Service]\nDeviceAlow=/dev/kfd rw\n")).toThrow("DeviceAlow");
});

const value = fc.string({ unit: fc.constantFrom(..."a0 $%\"'`\\\n\t#;=é€{}()nix".split("")), maxLength: 12 });

test("any value of a variable reaches a service as it is", () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 100, maxLength: 200 }), (values) => {
      const named = values.map((one, number) => [`V${number}`, one] as const);
      const loaded = loadedBySystemd(
        dropIn({ ...SERVED, env: { ...Object.fromEntries(named), END: "END" } }),
      );
      // A value may have lines of its own: it goes on until the next name.
      let rest = loaded;
      const found = named.map(([name], number) => {
        const next = `\n\t\tEnvironment: ${number + 1 < named.length ? `V${number + 1}` : "END"}=`;
        const start = rest.indexOf(`\t\tEnvironment: ${name}=`) + `\t\tEnvironment: ${name}=`.length;
        const end = rest.indexOf(next, start - 1);
        const text = rest.slice(start, end);
        rest = rest.slice(end);
        return text;
      });
      expect(found).toEqual(values);
    }),
    { numRuns: runs(10) },
  );
});

test("a Quadlet gets the devices of the container, and the two options that have no key in every version", () => {
  expect(quadlet(SERVED)).toBe(
    `[Container]
AddDevice=/dev/kfd
AddDevice=/dev/dri/renderD136
SeccompProfile=unconfined
PodmanArgs=--group-add=44 --group-add=109 --ipc=host
Environment="ROCR_VISIBLE_DEVICES=0"
`,
  );
});

test("of a Quadlet's variables systemd sees the command line, where a dollar stands for a variable", () => {
  expect(quadlet({ ...SERVED, env: { KEY: 'a$HOME %n "' } })).toContain(
    String.raw`Environment="KEY=a$$HOME %%n \""`,
  );
});
