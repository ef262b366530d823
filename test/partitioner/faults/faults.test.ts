import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { runCell, undisturbed } from "./cell.ts";
import { type Hosts, startHosts } from "./hosts.ts";
import { momentName } from "./moments.ts";
import {
  BOUNDARIES,
  CLOCK_CELLS,
  CUT,
  type Fault,
  FULL_DISK,
  HANGING_TOOL,
  KILL,
  MIDDLES,
  MOMENTS,
  OTHER_OPERATOR,
  PASSWORD,
  REBOOT,
  type Strike,
  TOOL_FAULTS,
} from "./table.ts";

interface Cell {
  readonly fault: Fault;
  readonly strike: Strike;
}

const everywhere = [CUT, KILL, REBOOT].flatMap((fault) =>
  [...BOUNDARIES, ...MIDDLES].map((strike) => ({ fault, strike })),
);
const atBoundaries = [OTHER_OPERATOR, PASSWORD, FULL_DISK, HANGING_TOOL].flatMap((fault) =>
  BOUNDARIES.map((strike) => ({ fault, strike })),
);
const fromTheStart = TOOL_FAULTS.flatMap((fault) =>
  BOUNDARIES.slice(0, 1).map((strike) => ({ fault, strike })),
);
const CELLS: readonly Cell[] = [...everywhere, ...atBoundaries, ...fromTheStart, ...CLOCK_CELLS];

const nameOf = ({ fault, strike }: Cell): string =>
  `${fault.name} ${strike.when} "${momentName(strike.moment)}"`;

describe(`a change of a host, struck in ${CELLS.length} ways`, () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(4, "7.2");
  });
  afterAll(() => hosts.stop());

  test("asks of it what the table has, in this order", () =>
    hosts.on(async (host) => {
      expect((await undisturbed(host)).map(momentName)).toEqual(MOMENTS.map(momentName));
    }));

  test.concurrent.each(CELLS.map((cell) => [nameOf(cell), cell] as const))(
    "%s: sound, and finished by the next run",
    async (_name, { fault, strike }) => {
      expect(await hosts.on((host) => runCell(host, fault, strike))).toEqual([]);
    },
  );
});

const INSIDE_AMD_SMI = [CUT, KILL, REBOOT].map((fault) => ({
  fault,
  strike: { moment: { task: "set the memory mode", occurrence: 1 }, when: "during" } as const,
}));

describe(`a change by an amd-smi that reloads the driver itself, struck in ${INSIDE_AMD_SMI.length} ways`, () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await startHosts(1, "6.4.2");
  });
  afterAll(() => hosts.stop());

  test.concurrent.each(INSIDE_AMD_SMI.map((cell) => [nameOf(cell), cell] as const))(
    "%s: sound, and finished by the next run",
    async (_name, { fault, strike }) => {
      expect(await hosts.on((host) => runCell(host, fault, strike))).toEqual([]);
    },
  );
});
