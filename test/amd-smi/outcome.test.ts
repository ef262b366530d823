import { describe, expect, test } from "vitest";

import { setOutcome } from "../../provider/amd-smi/outcome.ts";
import type { CommandResult } from "../../provider/remote/executor.ts";

const result = (stdout: string, stderr = "", code = 0): CommandResult => ({ stdout, stderr, code });
const json = (value: unknown): string => `${JSON.stringify(value, null, 4)}\n`;

const DONE = "Successfully set accelerator partition to CPX (profile #3)";

/** As Python prints an exception of the library that the CLI turned into another. */
const exception = (number: number, status: string, last: string): string =>
  [
    "amdsmi.amdsmi_exception.AmdSmiLibraryException: Error code:",
    `\t${number} | ${status} - some words`,
    "",
    "The above exception was the direct cause of the following exception:",
    "",
    last,
    "",
  ].join("\n");

describe("an accepted setting", () => {
  test.each([
    ["6.2", json([{ gpu: 0, computepartition: "Successfully set compute partition to CPX" }]), 1],
    ["6.2, memory", json([{ gpu: 0, memorypartition: "Successfully set memory partition to NPS4" }]), 1],
    ["6.4, one array", json([0, 1].map((gpu) => ({ gpu, accelerator_partition: DONE }))), 2],
    [
      "7.x, an array for each GPU",
      [0, 1].map((gpu) => json([{ gpu, accelerator_partition: DONE }])).join(""),
      2,
    ],
    [
      "7.x, memory, behind the banner",
      `\n   ****** WARNING ******\n\nDo you accept these terms? [Y/N] \n${json([{ gpu: 0, memory_partition: "Successfully set memory partition to NPS4, reload driver when ready" }])}`,
      1,
    ],
  ])("is one sentence for each GPU (%s)", (_, stdout, gpus) => {
    expect(setOutcome(result(stdout), gpus)).toEqual({ ok: true });
  });

  test("is none when a GPU has no answer, whatever the exit status says", () => {
    const stdout = json([{ gpu: 0, accelerator_partition: DONE }]);
    expect(setOutcome(result(stdout), 2)).toMatchObject({ ok: false, failure: "other" });
    expect(setOutcome(result(""), 1)).toEqual({
      ok: false,
      failure: "other",
      message: "it exited with 0 and printed nothing",
    });
  });

  test("is none when one of the GPUs refused, with exit status 0", () => {
    const refusal = "[AMDSMI_STATUS_NOT_SUPPORTED] Unable to set compute partition to CPX (profile #3)";
    const stdout = [DONE, refusal].map((text, gpu) => json([{ gpu, accelerator_partition: text }])).join("");
    expect(setOutcome(result(stdout), 2)).toEqual({
      ok: false,
      failure: "not-supported",
      message: refusal,
      refused: [{ position: 1, message: refusal }],
    });
  });
});

function classOfStatus(code: number): string {
  const outcome = setOutcome(result("something", "", code), 1);
  return outcome.ok ? "ok" : outcome.failure;
}

describe("a refused setting", () => {
  const unable = "Unable to set accelerator partition to SPX on GPU ID: 0 BDF:0000:0c:00.0";

  test.each([
    ["busy", 30, "AMDSMI_STATUS_BUSY"],
    ["not-allowed-now", 55, "AMDSMI_STATUS_SETTING_UNAVAILABLE"],
    ["not-allowed-now", 1, "AMDSMI_STATUS_INVAL"],
    ["not-supported", 2, "AMDSMI_STATUS_NOT_SUPPORTED"],
    ["no-right", 10, "AMDSMI_STATUS_NO_PERM"],
    ["reload-failed", 54, "AMDSMI_STATUS_AMDGPU_RESTART_ERR"],
    ["gone", 31, "AMDSMI_STATUS_NOT_FOUND"],
    ["gone", 34, "AMDSMI_STATUS_DRIVER_NOT_LOADED"],
    ["gone", 40, "AMDSMI_STATUS_NO_DATA"],
    ["other", 99, "AMDSMI_STATUS_SOMETHING_NEW"],
    // Before 6.3 the CLI has no name for newer numbers.
    ["not-allowed-now", 55, "AMDSMI_STATUS_UNKNOWN_ERROR"],
    ["reload-failed", 54, "AMDSMI_STATUS_UNKNOWN_ERROR"],
    ["other", 4_294_967_295, "AMDSMI_STATUS_UNKNOWN_ERROR"],
  ])("is %s after %i | %s, and says the sentence, not the exception", (failure, number, status) => {
    const stderr = exception(number, status, `ValueError: ${unable}`);
    expect(setOutcome(result("", stderr, 1), 1)).toEqual({
      ok: false,
      failure,
      message: `ValueError: ${unable}`,
    });
  });

  test("is a row with exit status 0 for memory modes", () => {
    const text =
      "[AMDSMI_STATUS_AMDGPU_RESTART_ERR] Could not successfully restart driver after applying NPS4";
    const stdout = `[......] 0/140 secs remain\n${json([{ gpu: 0, memory_partition: text }])}`;
    expect(setOutcome(result(stdout), 1)).toEqual({
      ok: false,
      failure: "reload-failed",
      message: text,
      refused: [{ position: 0, message: text }],
    });
  });

  test.each([
    ["not-allowed-now", -5, "Value 'TPX' is not of valid type or format."],
    ["gone", -3, "Can not find a device: GPU '9'"],
    ["unknown-option", -2, "Parameter '-M' is invalid."],
    ["unknown-option", -1, "Command 'set' is invalid."],
    ["not-supported", -7, "Command '--compute-partition' is not supported on the system."],
    ["no-right", -11, "AMD-SMI Command '--compute-partition' requires elevation"],
    ["busy", -1030, "the library said so"],
    ["other", -100, "unknown"],
  ])("is %s after code %i, wherever it is printed", (failure, code, error) => {
    const document = JSON.stringify({ error, code })
      .replace('","', '", "')
      .replace('":-', '": -')
      .replace('":"', '": "');
    const expected = { ok: false, failure, message: error };
    expect(setOutcome(result(`Valid inputs are SPX, DPX\n${document}\n`), 1)).toEqual(expected);
    const text = `amdsmi_cli_exceptions.AmdSmiInvalidParameterValueException: ${document}\n`;
    expect(setOutcome(result("", text, 1), 1)).toEqual(expected);
    expect(setOutcome(result(text, "", -code % 256), 1)).toEqual(expected);
  });

  test("is told by the exit status where nothing else tells it", () => {
    expect([255, 11, 5, 3, 2, 10, 1, 0, 127, 137].map(classOfStatus)).toEqual([
      "gone",
      "no-right",
      "not-allowed-now",
      "gone",
      "unknown-option",
      "unknown-option",
      "other",
      "other",
      "other",
      "other",
    ]);
  });

  test("of a prompt that nobody answered is shown as its last line", () => {
    const stdout =
      "****** WARNING ******\n\nDo you accept these terms? [Y/N] Confirmation not given. Exiting without setting value\n";
    expect(setOutcome(result(stdout, "", 1), 1)).toMatchObject({
      failure: "other",
      message: "Do you accept these terms? [Y/N] Confirmation not given. Exiting without setting value",
    });
    expect(setOutcome(result(stdout, "EOFError: EOF when reading a line\n", 1), 1)).toMatchObject({
      message: "EOFError: EOF when reading a line",
    });
  });
});

const error = (text: string, code: number, type: string): string =>
  `${JSON.stringify({ error: text, code, error_type: type })}\n`;

describe("ROCm 10.2", () => {
  const refusal = "[AMDSMI_STATUS_BUSY] Unable to set accelerator partition to CPX (profile #3)";
  test("changes the other GPUs when one refuses, and the one that refused is known by its place", () => {
    const stdout = [DONE, refusal, DONE]
      .map((text, gpu) => json([{ gpu: gpu * 8, accelerator_partition: text }]))
      .join("");
    expect(setOutcome(result(stdout, "", 30), 3, "status")).toEqual({
      ok: false,
      failure: "busy",
      message: refusal,
      refused: [{ position: 1, message: refusal }],
    });
  });

  test("reports each GPU that refuses with its own reason, whatever the order of the rows, and a busy GPU decides the class", () => {
    const impossible = "[AMDSMI_STATUS_INVAL] Unable to set accelerator partition to CPX (profile #3)";
    const stdout = [
      { gpu: 16, accelerator_partition: refusal },
      { gpu: 0, accelerator_partition: impossible },
      { gpu: 8, accelerator_partition: DONE },
    ]
      .map((row) => json([row]))
      .join("");
    expect(setOutcome(result(stdout, "", 204), 3, "status")).toMatchObject({
      failure: "busy",
      refused: [
        { position: 0, message: impossible },
        { position: 2, message: refusal },
      ],
    });
  });

  test("names no GPU where a GPU has no row", () => {
    const stdout = json([{ gpu: 8, accelerator_partition: refusal }]);
    expect(setOutcome(result(stdout, "", 30), 2, "status")).not.toHaveProperty("refused");
  });

  test("has sentences of several lines, which are told as one", () => {
    const text = "[AMDSMI_STATUS_SETTING_UNAVAILABLE] Unable to set CPX\n  Try NPS1.\r\n  Then reload.";
    const outcome = setOutcome(result(json([{ gpu: 0, accelerator_partition: text }]), "", 55), 1, "status");
    expect(outcome).toMatchObject({
      failure: "not-allowed-now",
      message: "[AMDSMI_STATUS_SETTING_UNAVAILABLE] Unable to set CPX Try NPS1. Then reload.",
    });
  });

  test.each([
    ["Can not find a device: GPU '0000:99:00.0'", 196, "DEVICE_NOT_FOUND", "gone"],
    ["AMD-SMI Command 'sett' is invalid", 203, "INVALID_SUBCOMMAND", "unknown-option"],
    ["Parameter '--zz' is invalid", 195, "INVALID_PARAMETER", "unknown-option"],
    ["Value 'ZPX' is not of valid type", 198, "INVALID_PARAMETER_VALUE", "not-allowed-now"],
    ["Command '-C' is not supported", 200, "COMMAND_NOT_SUPPORTED", "not-supported"],
    ["the driver is not loaded", 206, "DRIVER_NOT_LOADED", "gone"],
    ["[AMDSMI_STATUS_NO_PERM] no", 10, "AMDSMI_STATUS_NO_PERM", "no-right"],
    ["declined", 207, "CONFIRMATION", "other"],
  ])("says %s with code %i", (text, code, type, failure) => {
    const outcome = setOutcome(result(error(text, code, type), "", code), 1, "status");
    expect(outcome).toMatchObject({ ok: false, failure, message: text });
  });

  test.each([
    [2, "unknown-option", "other", "not-supported"],
    [10, "unknown-option", "other", "no-right"],
    [34, "other", "other", "gone"],
    [255, "gone", "other", "other"],
    [203, "unknown-option", "unknown-option", "unknown-option"],
    [206, "gone", "gone", "gone"],
  ] as const)(
    "ends with %i, which means %s, %s or %s by release when nothing is printed",
    (code, ...expected) => {
      const classes = (["cli", "unsaid", "status"] as const).map((codes) => {
        const outcome = setOutcome(result("", "", code), 1, codes);
        return outcome.ok ? "done" : outcome.failure;
      });
      expect(classes).toEqual(expected);
    },
  );

  test("is never quoted with a bracket alone", () => {
    const outcome = setOutcome(result('[\n  {\n    "gpu": 0\n  }\n]\n', "}\n]\n", 1), 1, "status");
    expect(outcome).toMatchObject({ message: '"gpu": 0' });
    expect(setOutcome(result("[]\n", "", 1), 1)).toMatchObject({
      message: "it exited with 1 and printed nothing",
    });
  });
});
