import { ArgumentError } from "../../argument-errors.ts";
import * as compose from "../../render/compose.ts";
import * as docker from "../../render/docker.ts";
import * as kubernetes from "../../render/kubernetes.ts";
import * as systemd from "../../render/systemd.ts";
import { type ContainerArgs, containerArgsSchema, environmentArgsSchema } from "../../schema/functions.ts";
import { pluginMessages as say } from "../messages.ts";
import { type Answer, defineFunction, known, type PluginFunction } from "./function.ts";

type Container = ContainerArgs["container"];

/** The helpers of the package's index that other languages do not have. */
const ofContainer = (results: readonly string[], render: (container: Container) => object): PluginFunction =>
  defineFunction({
    schema: containerArgsSchema,
    results,
    answer: ({ container }) => rendered("container.", () => render(container)),
  });

export const dockerRunArgs = ofContainer(["args"], (container) => ({ args: docker.runArgs(container) }));

export const dockerContainerArgs = ofContainer(
  ["devices", "groupAdds", "ipcMode", "securityOpts", "envs"],
  docker.containerArgs,
);

export const composeService = ofContainer(["service"], (container) => ({
  service: compose.service(container),
}));

export const systemdDropIn = ofContainer(["text"], (container) => ({ text: systemd.dropIn(container) }));

export const systemdQuadlet = ofContainer(["text"], (container) => ({ text: systemd.quadlet(container) }));

export const kubernetesCrio = ofContainer(["metadata", "spec", "container"], kubernetes.crio);

export const kubernetesPrivileged = defineFunction({
  schema: environmentArgsSchema,
  results: ["spec", "container"],
  answer: ({ env }) => rendered("", () => kubernetes.privileged(env)),
});

/** Each sentence of an ArgumentError begins with the path of a field. @param at where that field is in the arguments */
function rendered(at: string, render: () => object): Answer {
  try {
    return known(render());
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return {
      state: "wrong",
      failures: error.problems.map((problem) => ({
        property: `${at}${problem.split(" ", 1)[0] ?? ""}`,
        message: say["invalid-argument"]({ problem: `${at}${problem}` }),
      })),
    };
  }
}
