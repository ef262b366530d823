import { tryReach } from "../../access/reachable.ts";
import { OperationError } from "../../operations/operation-error.ts";
import { groupsOf, versionsOf } from "../../operations/partition/fields.ts";
import { judge } from "../../operations/validate.ts";
import { getHostSchema } from "../../schema/functions.ts";
import { describedHost } from "../../standalone/described-host.ts";
import { SIMULATED_HOST } from "../../standalone/host.ts";
import { without } from "../../wire/handler.ts";
import { ACCESS_KEYS, resolveAccess } from "../access.ts";
import { pluginMessages as say } from "../messages.ts";
import { failed, known, type PluginFunction, wrong } from "./function.ts";

/** Arguments of which one at least says which host it is. */
const NAMING = ["host", "connection", "local", "simulation"];

/** Nobody declares the host here. */
const READER = { key: "any/any/host", urn: "", keyFormat: 2 } as const;

/**
 * A host as it is. Nothing is written on it. In a preview a host is observed once, whoever asks; in an update it is observed again as soon
 * as something may have changed.
 */
export const getHost: PluginFunction = {
  results: [
    "hostId",
    "capability",
    "accelerator",
    "versions",
    "gpus",
    "devices",
    "memoryDomains",
    "groups",
    "declaration",
    "owners",
    "reservations",
    "problems",
  ],
  credentials: new Set(ACCESS_KEYS),
  call: async (session, args) => {
    if (!NAMING.some((name) => args[name] !== undefined)) return failed("host", say["no-host-named"]());
    const resolved = resolveAccess(session.config, args, "program");
    if (!resolved.ok) return failed("host", resolved.problem);
    const judged = judge(getHostSchema, { ...without(args, ACCESS_KEYS), ...resolved.access });
    if (judged.state === "unknown") return judged;
    if (judged.state === "wrong") return wrong(judged.problems);
    const { simulation, ...access } = judged.args;
    const stateFile = simulation.stateFile ?? SIMULATED_HOST;
    const opened = await tryReach(async () => {
      const way = { ...access, simulation: { ...simulation, stateFile }, identity: READER };
      const host = await session.operation.hosts.open(way);
      if (!session.running.hasBegun() || host.partitioner === undefined) return host;
      const observation = await host.partitioner.observe();
      const isReal = host.partitioner.kind === "hardware";
      return { ...host, observation, problems: isReal ? observation.problems : host.problems };
    });
    if (opened.reached) {
      const { value: host } = opened;
      const versions = versionsOf(host.observation);
      return known({ ...describedHost(host), versions, groups: groupsOf(host.observation) });
    }
    const message = say["host-not-read"]({ reason: opened.reason });
    if (!opened.mistake) throw new OperationError(message);
    return failed(NAMING.find((name) => args[name] !== undefined) ?? "", message);
  },
};
