import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import { failureOf } from "../remote/connection-to.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";
import { declareAll } from "./host.ts";

/** An audit that prints, and passes on what was asked for. */
const AUDIT = 'ForceCommand echo "Welcome; conflict"; echo audited >&2; eval "$SSH_ORIGINAL_COMMAND"; exit 9';

describe.each([["MaxSessions 1"], ["MaxSessions 2"], [AUDIT]])(
  "on a host whose SSH server has %s",
  (line) => {
    let host: HardwareHost;
    beforeAll(async () => {
      host = await hardwareHost({ user: "ops", sshdConfig: [line] });
    });
    afterEach(() => host.reset());
    afterAll(() => host?.stop());

    test("a change of both modes is made, and leaves no lock and no journal", async () => {
      const partitioner = await host.open();
      await reconcile(partitioner, requestFor(declareAll("CPX/NPS4", 2)));
      expect(host.modes()).toBe("CPX/NPS4 CPX/NPS4");
      expect(host.record()).not.toHaveProperty("journal");
      await (await host.open(1000)).record.locked(async () => undefined);
    });

    test("a change that is cancelled is rolled back, and leaves no lock, no owner and no journal", async () => {
      const partitioner = await host.open();
      const controller = new AbortController();
      const request = requestFor(declareAll("CPX/NPS4", 2));
      const failure = await failureOf(
        reconcile(partitioner, {
          ...request,
          bound: { signal: controller.signal },
          progress: (text) => {
            if (text.startsWith("step 2")) controller.abort(new Error("the user pressed Ctrl-C"));
          },
        }),
      );
      expect(failure.message).toContain("the user pressed Ctrl-C");
      expect(failure).toMatchObject({ code: "change-failed", rolledBack: true });
      expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
      expect(host.record()).toMatchObject({ owners: {} });
      expect(host.record()).not.toHaveProperty("journal");
      await (await host.open(1000)).record.locked(async () => undefined);
    });
  },
);
