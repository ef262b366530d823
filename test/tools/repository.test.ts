import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";
import { parse } from "yaml";

import { findPackageRoot } from "../../tools/engine/places.ts";
import { PACKAGES } from "../support/host-setup.ts";

const root = findPackageRoot();
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly "timeout-minutes": number; readonly steps: readonly { uses?: string; run?: string }[] }
    >
  >;
}

const workflows = readdirSync(join(root, ".github/workflows"));

test.each(workflows)(
  "%s pins each action by hash, limits each job in time and begins without permissions",
  (name) => {
    const { permissions, jobs } = parse(read(`.github/workflows/${name}`)) as Workflow;
    expect(permissions).toEqual({});
    const used = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    for (const job of Object.values(jobs)) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  },
);

test("the CI runs .ci/run and the unit tests", () => {
  const { jobs } = parse(read(".github/workflows/ci.yml")) as Workflow;
  const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  expect(commands).toEqual(expect.arrayContaining([".ci/run", "npm run test:unit"]));
});

test("each issue form parses and asks for something", () => {
  const forms = readdirSync(join(root, ".github/ISSUE_TEMPLATE")).filter((name) => name !== "config.yml");
  for (const name of forms) {
    const { body } = parse(read(`.github/ISSUE_TEMPLATE/${name}`)) as {
      body: { validations?: { required?: boolean } }[];
    };
    expect(body.some(({ validations }) => validations?.required === true)).toBe(true);
  }
  expect(forms.length).toBeGreaterThan(2);
});

test("the devcontainer installs every package that the tests on hosts need", () => {
  const installed = read(".devcontainer/Dockerfile").split(/\s+/);
  expect(Object.keys(PACKAGES).filter((name) => !installed.includes(name))).toEqual([]);
});
