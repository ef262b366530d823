import { describe, expect, test } from "vitest";

import { ArgumentError } from "../../provider/argument-errors.ts";
import { service } from "../../provider/render/compose.ts";
import type { ContainerDevices } from "../../provider/render/container.ts";
import { containerArgs, runArgs } from "../../provider/render/docker.ts";
import { crio, privileged } from "../../provider/render/kubernetes.ts";
import { dropIn, quadlet } from "../../provider/render/systemd.ts";
import { SERVED } from "./served.ts";

const RENDERERS: Readonly<Record<string, (container: ContainerDevices) => unknown>> = {
  "systemd drop-in": dropIn,
  Quadlet: quadlet,
  "docker run": runArgs,
  "docker container": containerArgs,
  Compose: service,
  "Kubernetes under CRI-O": crio,
};

describe.each(Object.entries(RENDERERS))("%s", (_name, render) => {
  test.each([
    "/dev/kfd\nExecStartPre=/bin/evil",
    "/dev/kfd:/host:rwm",
    "/dev/kfd,/dev/sda",
    "/dev/kfd rwm",
    "/dev/%i",
    "--privileged",
    "dev/kfd",
    "",
    "/dev/kfd\u0000",
  ])("refuses %j as a device", (path) => {
    expect(() => render({ ...SERVED, devices: ["/dev/kfd", path] })).toThrow(ArgumentError);
    expect(() => render({ ...SERVED, devices: ["/dev/kfd", path] })).toThrow(
      "devices[1] must be the path of a device file",
    );
  });

  test.each(["render\nUser=root", "render video", "-Hroot", "44 --privileged", "", "%i"])(
    "refuses %j as a group",
    (group) => {
      expect(() => render({ ...SERVED, groups: [group] })).toThrow("groups[0] must be");
    },
  );

  test.each(["A\nB", "A=B", "", "1A", "A B"])("refuses %j as a variable", (name) => {
    expect(() => render({ ...SERVED, env: { [name]: "1" } })).toThrow("env must be");
  });

  test("refuses a value that no variable can have", () => {
    expect(() => render({ ...SERVED, env: { NAME: "a\u0000b" } })).toThrow("env.NAME must be a value");
  });
});

test("systemd, which drops a variable with a carriage return, is not given one", () => {
  for (const render of [dropIn, quadlet])
    expect(() => render({ ...SERVED, env: { NAME: "a\rb" } })).toThrow("env.NAME must be a value");
  expect(runArgs({ ...SERVED, env: { NAME: "a\rb" } })).toContain("--env=NAME=a\rb");
});

test("a privileged Pod is given no variable that is none", () => {
  expect(() => privileged({ "A\nB": "1" })).toThrow(ArgumentError);
});
