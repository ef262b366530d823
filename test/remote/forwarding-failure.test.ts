import { expect, test } from "vitest";

import { HostUnreachableError } from "../../provider/errors.ts";
import { explainForwarding } from "../../provider/remote/ssh/forwarding-failure.ts";
import { ForwardRefusedError } from "../../provider/remote/ssh/session.ts";

const ATTEMPT = {
  jump: "the jump host ops@bastion.example",
  target: "root@gpu1",
  to: { host: "fd00::1", port: 22 },
  forwards: false,
} as const;

test.each([
  [1, "open failed", "forwarding-forbidden", "useless"],
  [2, "Connection refused", "jump-connection-refused", "may-help"],
  [2, "No route to host", "jump-no-route", "may-help"],
  [2, "Network is unreachable", "jump-no-route", "may-help"],
  [2, "Connection timed out", "jump-no-answer", "may-help"],
  [2, "Name or service not known", "jump-name-unknown", "may-help"],
  [2, "Temporary failure in name resolution", "jump-name-unknown", "may-help"],
  [2, "Permission denied", "forwarding-failed", "may-help"],
  [2, "", "forwarding-failed", "may-help"],
  [3, "unknown channel type", "forwarding-unsupported", "useless"],
  [4, "out of channels", "forwarding-failed", "may-help"],
])("reason %i with the text %j is %s", (reason, description, code, again) => {
  const error = explainForwarding(new ForwardRefusedError(reason, description), ATTEMPT);
  expect(error).toBeInstanceOf(HostUnreachableError);
  expect(error).toMatchObject({ target: "root@gpu1", problem: { code }, again });
  expect((error as Error).message).toContain("the jump host ops@bastion.example");
});

test("a jump host that has forwarded elsewhere does not permit this address", () => {
  const error = explainForwarding(new ForwardRefusedError(1, "open failed"), { ...ATTEMPT, forwards: true });
  expect(error).toMatchObject({
    problem: { code: "address-not-permitted", data: { address: "[fd00::1]:22" } },
  });
});
