import * as pulumi from "@pulumi/pulumi";
import {
  compose,
  type ConnectionArgs,
  docker,
  GpuPartitionConfig,
  type GpuPartitionConfigArgs,
  kubernetes,
  ModelAllocation,
  systemd,
} from "pulumi-amd-gpu";

import { Container, k8s, remote } from "./stand-ins.ts";

type Layout = Pick<GpuPartitionConfigArgs, "computePartition" | "memoryPartition">;

/** The code of docs/containers.md: every block of the page is a part of it. */
export const program = (connection: ConnectionArgs, layout: Layout) => async () => {
  const node = new GpuPartitionConfig("node1", { connection, ...layout });
  const model = "meta-llama/Llama-3.1-8B-Instruct";
  const llama = new ModelAllocation("llama", { gpus: node, model, pin: { gpus: ["0000:22:00.0"] } });
  const command = llama.engineArgs.apply((flags) => ["vllm", "serve", model, ...flags]);

  const run = pulumi
    .all([llama.container, command])
    .apply(([container, words]) =>
      ["docker run --detach --name=llama", ...docker.runArgs(container), "vllm-image", ...words].join(" "),
    );
  new remote.Command("run", {
    connection,
    create: run,
    delete: "docker rm --force llama",
    triggers: [run],
  });

  const args = llama.container.apply(docker.containerArgs);
  new Container("container", {
    image: "vllm-image",
    command,
    devices: args.devices,
    groupAdds: args.groupAdds,
    ipcMode: args.ipcMode,
    securityOpts: args.securityOpts,
    envs: args.envs,
  });

  const composeFile = pulumi.all([llama.container, command]).apply(([container, words]) =>
    JSON.stringify({
      services: { llama: { image: "vllm-image", command: words, ...compose.service(container) } },
    }),
  );
  new remote.Command("compose", {
    connection,
    create:
      "install -Dm644 /dev/stdin /srv/llama/compose.yaml && docker compose -f /srv/llama/compose.yaml up -d",
    delete: "docker compose -f /srv/llama/compose.yaml down",
    stdin: composeFile,
    triggers: [composeFile],
  });

  const quadlet = llama.container.apply(systemd.quadlet);
  new remote.Command("quadlet", {
    connection,
    create:
      "install -Dm644 /dev/stdin /etc/containers/systemd/llama.container.d/devices.conf && systemctl daemon-reload && systemctl restart llama",
    delete: "systemctl stop llama",
    stdin: quadlet,
    triggers: [quadlet],
  });

  const dropIn = llama.container.apply(systemd.dropIn);
  new remote.Command("service", {
    connection,
    create:
      "install -Dm644 /dev/stdin /etc/systemd/system/llama.service.d/devices.conf && systemctl daemon-reload && systemctl restart llama",
    delete: "systemctl stop llama",
    stdin: dropIn,
    triggers: [dropIn],
  });

  new k8s.apps.v1.Deployment(
    "privileged",
    {
      spec: {
        selector: { matchLabels: { app: "llama" } },
        template: {
          metadata: { labels: { app: "llama" } },
          spec: llama.env.apply(kubernetes.privileged).apply(({ spec, container }) => ({
            ...spec,
            nodeSelector: { "kubernetes.io/hostname": "gpu1" },
            containers: [{ name: "vllm", image: "vllm-image", command, ...container }],
          })),
        },
      },
    },
    { replaceOnChanges: ["spec"], deleteBeforeReplace: true },
  );

  new k8s.apps.v1.Deployment(
    "crio",
    {
      spec: {
        selector: { matchLabels: { app: "llama" } },
        template: llama.container.apply(kubernetes.crio).apply(({ metadata, spec, container }) => ({
          metadata: { labels: { app: "llama" }, ...metadata },
          spec: {
            ...spec,
            nodeSelector: { "kubernetes.io/hostname": "gpu1" },
            containers: [{ name: "vllm", image: "vllm-image", command, ...container }],
          },
        })),
      },
    },
    { replaceOnChanges: ["spec"], deleteBeforeReplace: true },
  );
  return {};
};
