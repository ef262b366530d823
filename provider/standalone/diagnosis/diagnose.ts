import { lookup } from "node:dns/promises";

import { executorFor } from "../../access/executor-for.ts";
import { milliseconds } from "../../access/timeouts.ts";
import { ArgumentError } from "../../argument-errors.ts";
import { capabilityOf } from "../../detection/capability.ts";
import { observeHost } from "../../detection/observe.ts";
import {
  AuthenticationError,
  ConnectionSettingsError,
  HostKeyError,
  HostUnreachableError,
} from "../../errors.ts";
import { HostRecordError } from "../../host-errors.ts";
import type { Executor } from "../../remote/executor.ts";
import type { Connection } from "../../schema/connection.ts";
import { type DirectHostArgs, directHostSchema } from "../../schema/direct.ts";
import { problemsOf } from "../../schema/sentences.ts";
import { openDirectHost } from "../host.ts";
import {
  type CheckName,
  CHECKS,
  type Diagnosis,
  failure,
  type HostCheck,
  ok,
  skipped,
  warning,
} from "./checks.ts";
import { hardwareChecks } from "./hardware-checks.ts";
import { diagnosisMessages as say } from "./messages.ts";

/** Of an SSH connection. */
const ON_THE_WAY: ReadonlySet<CheckName> = new Set(["name", "ssh", "host-key", "login"]);

/** There only when something is found. */
const OPTIONAL: ReadonlySet<CheckName> = new Set(["consistency"]);

/** @throws ArgumentError */
export async function diagnose(args: DirectHostArgs): Promise<Diagnosis> {
  const parsed = directHostSchema.safeParse(args);
  if (!parsed.success)
    throw new ArgumentError(problemsOf(parsed.error, args).map((problem) => problem.message));
  const { connection, timeouts, amdSmiPath } = parsed.data;
  const executor = await executorFor(parsed.data);
  if (!executor) {
    const host = await openDirectHost(args);
    return answer("simulated host", [], hardwareChecks(host.observation, host.capability));
  }
  try {
    const way = [...(connection ? await nameCheck(connection) : [])];
    const reached = hasFailed(way) ? [] : await reach(executor, connection, milliseconds(timeouts).observe);
    if (hasFailed([...way, ...reached])) return answer(executor.target, [...way, ...reached], []);
    const observed = await observe(executor, milliseconds(timeouts).observe, amdSmiPath);
    return answer(executor.target, [...way, ...reached], observed);
  } finally {
    await executor.close();
  }
}

const hasFailed = (checks: readonly HostCheck[]): boolean =>
  checks.some((check) => check.state === "failure");

/** What a failed check leaves unknown is listed too, so that each run has the same list. */
function answer(target: string, way: readonly HostCheck[], found: readonly HostCheck[]): Diagnosis {
  const made = [...way, ...found];
  const failed = made.find((check) => check.state === "failure");
  const known = new Set(made.map((check) => check.name));
  const ofSsh = way.some((check) => ON_THE_WAY.has(check.name));
  const left = failed
    ? CHECKS.filter(
        (name) => !known.has(name) && !OPTIONAL.has(name) && (ofSsh || !ON_THE_WAY.has(name)),
      ).map((name) => skipped(name, say["not-reached"]({ after: failed.name })))
    : [];
  const checks = [...made, ...left].toSorted((a, b) => CHECKS.indexOf(a.name) - CHECKS.indexOf(b.name));
  return { target, ok: failed === undefined, checks };
}

async function nameCheck({ host }: Connection): Promise<readonly HostCheck[]> {
  try {
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address);
    return [ok("name", say["name-resolves"]({ host, addresses: [...new Set(addresses)] }))];
  } catch {
    return [failure("name", say["name-does-not-resolve"]({ host }))];
  }
}

/** One command that does nothing: whatever fails on the way to it has an error of its own. */
async function reach(
  executor: Executor,
  connection: Connection | undefined,
  timeoutMs: number,
): Promise<readonly HostCheck[]> {
  const stages = connection ? stagesOf(connection, executor.target) : [];
  try {
    await executor.run({ script: ":", name: "the check of the shell" }, { timeoutMs });
    return [...stages, ok("shell", say["shell-starts"]())];
  } catch (error) {
    const name = connection ? stageOf(error) : "shell";
    const before = stages.filter((stage) => CHECKS.indexOf(stage.name) < CHECKS.indexOf(name));
    return [...before, failureAt(name, error, connection)];
  }
}

const stagesOf = ({ port, hostKeyChecking }: Connection, target: string): readonly HostCheck[] => [
  ok("ssh", say["ssh-answers"]({ port })),
  hostKeyChecking === "off"
    ? warning("host-key", say["host-key-not-checked"]())
    : ok("host-key", say["host-key-trusted"]()),
  ok("login", say["logged-in"]({ target })),
];

function stageOf(error: unknown): CheckName {
  if (error instanceof HostUnreachableError) {
    const { phase } = (error.problem?.data ?? {}) as { readonly phase?: string };
    return phase === "login" ? "login" : "ssh";
  }
  if (error instanceof HostKeyError) return "host-key";
  if (error instanceof ConnectionSettingsError)
    return error.field === "hostKey" || error.field === "knownHosts" ? "host-key" : "login";
  return error instanceof AuthenticationError ? "login" : "shell";
}

const failureAt = (name: CheckName, error: unknown, connection: Connection | undefined): HostCheck =>
  name === "ssh" && connection && error instanceof HostUnreachableError
    ? failure(name, say["ssh-does-not-answer"]({ port: connection.port, reason: error.reason }))
    : failure(name, say["check-failed"]({ reason: (error as Error).message }));

async function observe(
  executor: Executor,
  timeoutMs: number,
  amdSmiPath: string | undefined,
): Promise<readonly HostCheck[]> {
  try {
    const found = await observeHost(executor, timeoutMs, { amdSmiPath });
    return hardwareChecks(found, capabilityOf(found, "real"));
  } catch (error) {
    const name = error instanceof HostRecordError ? "record" : "shell";
    return [failure(name, say["check-failed"]({ reason: (error as Error).message }))];
  }
}
