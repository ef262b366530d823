import type { Container, Pod, PodSpec } from "kubernetes-types/core/v1.d.ts";
import { expect, test } from "vitest";

import { crio, privileged } from "../../provider/render/kubernetes.ts";
import { BY_NAME, SERVED } from "./served.ts";

/** The parts where they belong. The types are those of the API, so that a wrong name or place does not compile. */
const podOf = (parts: {
  readonly metadata?: Pod["metadata"] & object;
  readonly spec: Omit<PodSpec, "containers">;
  readonly container: Omit<Container, "name">;
}): Pod => ({
  ...(parts.metadata && { metadata: parts.metadata }),
  spec: { ...parts.spec, containers: [{ name: "vllm", image: "vllm-image", ...parts.container }] },
});

test("a pod for any cluster is privileged and has the environment of the host", () => {
  expect(podOf(privileged({ ROCR_VISIBLE_DEVICES: "8" }))).toEqual({
    spec: {
      volumes: [{ name: "shm", emptyDir: { medium: "Memory" } }],
      containers: [
        {
          name: "vllm",
          image: "vllm-image",
          securityContext: { privileged: true },
          env: [{ name: "ROCR_VISIBLE_DEVICES", value: "8" }],
          volumeMounts: [{ name: "shm", mountPath: "/dev/shm" }],
        },
      ],
    },
  });
});

test("a pod for CRI-O has no privilege, its own devices, and the environment of a container", () => {
  expect(podOf(crio(SERVED))).toEqual({
    metadata: {
      annotations: {
        "devices.crio.io": "/dev/kfd,/dev/dri/renderD136",
        "io.kubernetes.cri-o.Devices": "/dev/kfd,/dev/dri/renderD136",
      },
    },
    spec: {
      securityContext: { supplementalGroups: [44, 109] },
      volumes: [{ name: "shm", emptyDir: { medium: "Memory" } }],
      containers: [
        {
          name: "vllm",
          image: "vllm-image",
          env: [{ name: "ROCR_VISIBLE_DEVICES", value: "0" }],
          volumeMounts: [{ name: "shm", mountPath: "/dev/shm" }],
        },
      ],
    },
  });
});

test("groups without a number are none of a Pod", () => {
  expect(crio(BY_NAME).spec).not.toHaveProperty("securityContext");
});

test("Kubernetes does not take a dollar of a value for another variable", () => {
  expect(privileged({ KEY: "$(HOME) $$" }).container.env).toEqual([{ name: "KEY", value: "$$(HOME) $$$$" }]);
});
