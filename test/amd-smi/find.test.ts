import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { FIND_AMD_SMI } from "../../provider/amd-smi/find.ts";
import { SAFE_PATH } from "../../provider/safe-path.ts";
import { runWithMounts } from "../support/namespaces.ts";

const ELSEWHERE = 4242;

/** In a mount namespace of its own, whose /opt is a folder of the test. */
describe("amd-smi", () => {
  let opt: string;
  beforeEach(() => {
    opt = mkdtempSync(join(tmpdir(), "opt-"));
    chmodSync(opt, 0o755);
  });
  afterEach(() => rmSync(opt, { recursive: true, force: true }));

  const install = (...places: readonly string[]): void => {
    for (const place of places) {
      const folder = join(opt, place);
      mkdirSync(join(folder, "bin"), { recursive: true });
      mkdirSync(join(folder, "libexec"), { recursive: true });
      writeFileSync(join(folder, "libexec/cli.py"), "#!/bin/sh\n", { mode: 0o755 });
      symlinkSync("../libexec/cli.py", join(folder, "bin/amd-smi"));
    }
  };

  const find = (wanted = "", right = "root", shell = "sh") => {
    const script = `mount --bind "$1" /opt; wanted=$2 right=$3
PATH=/usr/bin:/bin
${FIND_AMD_SMI}
printf '%s\\n%s\\n%s\\n' "$amd_smi" "$amd_smi_others" "$amd_smi_weak"`;
    const printed = runWithMounts(shell, script, [opt, wanted, right]);
    const [used = "", others = "", weak = ""] = printed.split("\n");
    return { used, others: others.trim().split(" ").filter(Boolean), weak: weak.trim() };
  };

  test.each(["dash", "bash"])(
    "of the newest release by number is found, and the others are listed, in %s",
    (shell) => {
      install(
        "rocm-6.3.3",
        "rocm-7.10.0",
        "rocm-7.2.0",
        "rocm/core-7.13",
        "rocm/core-10.0",
        "rocm/core-9.9.9",
      );
      expect(find("", "root", shell)).toEqual({
        used: "/opt/rocm/core-10.0/bin/amd-smi",
        others: [
          "/opt/rocm/core-9.9.9/bin/amd-smi",
          "/opt/rocm/core-7.13/bin/amd-smi",
          "/opt/rocm-7.10.0/bin/amd-smi",
          "/opt/rocm-7.2.0/bin/amd-smi",
          "/opt/rocm-6.3.3/bin/amd-smi",
        ],
        weak: "",
      });
    },
  );

  test("of /opt/rocm/bin comes first, and a link to it is not listed as another", () => {
    install("rocm-7.2.0", "rocm-7.1.0");
    symlinkSync("rocm-7.1.0", join(opt, "rocm"));
    expect(find()).toEqual({
      used: "/opt/rocm/bin/amd-smi",
      others: ["/opt/rocm-7.2.0/bin/amd-smi"],
      weak: "",
    });
  });

  test("of an unpacked archive is found", () => {
    install("rocm/core");
    expect(find().used).toBe("/opt/rocm/core/bin/amd-smi");
  });

  test("that the user names is the only one that counts", () => {
    install("rocm", "rocm-6.3.3");
    expect(find("/opt/rocm-6.3.3/bin/amd-smi")).toMatchObject({
      used: "/opt/rocm-6.3.3/bin/amd-smi",
      others: [],
    });
    expect(find("/opt/rocm-9/bin/amd-smi").used).toBe("");
  });

  test.each([
    ["the file itself", "rocm-7.2.0/libexec/cli.py"],
    ["the folder that a link leads to", "rocm-7.2.0/libexec"],
    ["the folder of the link", "rocm-7.2.0/bin"],
    ["a folder above", "rocm-7.2.0"],
  ])("is not run as root when somebody else may write %s, but another one is", (_, part) => {
    install("rocm-7.2.0", "rocm-6.3.3");
    const path = join(opt, part);
    const real = `/opt/${part}`;
    for (const open of [
      () => chmodSync(path, 0o777),
      () => (chmodSync(path, 0o755), chownSync(path, ELSEWHERE, 0)),
      () => (chownSync(path, 0, ELSEWHERE), chmodSync(path, 0o775)),
    ]) {
      open();
      expect(find()).toEqual({
        used: "/opt/rocm-6.3.3/bin/amd-smi",
        others: [],
        weak: `/opt/rocm-7.2.0/bin/amd-smi:${real}`,
      });
      expect(find("", "none").used).toBe("/opt/rocm-7.2.0/bin/amd-smi");
    }
  });

  test("at the end of links that lead in a circle, or of a name with blanks, is none", () => {
    install("rocm-7.2 old");
    mkdirSync(join(opt, "rocm/bin"), { recursive: true });
    symlinkSync("b", join(opt, "rocm/bin/amd-smi"));
    symlinkSync("amd-smi", join(opt, "rocm/bin/b"));
    expect(find()).toEqual({ used: "", others: [], weak: "" });
  });
});

test("a path that a shell could split is refused before it is sent", () => {
  for (const path of ["amd-smi", "/opt/a b", "/opt/$(x)", "/opt/'x", "/x\n/y", "-x"])
    expect(SAFE_PATH.test(path)).toBe(false);
  expect(SAFE_PATH.test("/opt/rocm/core-10.2/bin/amd-smi")).toBe(true);
});
