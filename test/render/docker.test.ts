import { expect, test } from "vitest";

import { containerArgs, runArgs } from "../../provider/render/docker.ts";
import { SERVED } from "./served.ts";

test("docker run gets one argument per device, group and variable", () => {
  expect(runArgs(SERVED)).toEqual([
    "--device=/dev/kfd",
    "--device=/dev/dri/renderD136",
    "--group-add=44",
    "--group-add=109",
    "--ipc=host",
    "--security-opt=seccomp=unconfined",
    "--env=ROCR_VISIBLE_DEVICES=0",
  ]);
});

test("a docker.Container of Pulumi gets the same, with devices in full", () => {
  expect(containerArgs(SERVED)).toEqual({
    devices: [
      { hostPath: "/dev/kfd", containerPath: "/dev/kfd", permissions: "rwm" },
      { hostPath: "/dev/dri/renderD136", containerPath: "/dev/dri/renderD136", permissions: "rwm" },
    ],
    groupAdds: ["44", "109"],
    ipcMode: "host",
    securityOpts: ["seccomp=unconfined"],
    envs: ["ROCR_VISIBLE_DEVICES=0"],
  });
});
