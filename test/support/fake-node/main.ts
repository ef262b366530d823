import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import type { Caller, Outcome } from "./amd-smi/outcome.ts";
import { NO_ANSWER } from "./amd-smi/question.ts";
import { isReading, runAmdSmi } from "./amd-smi/run.ts";
import { homeAt } from "./home.ts";
import { learnOutput } from "./learn.ts";
import { runModprobe } from "./modprobe.ts";
import { backServices, holdHere } from "./processes.ts";
import { readLine } from "./read-line.ts";
import { settleLater, settleNow } from "./settling.ts";
import type { NodeState } from "./state.ts";
import { changeState, readState } from "./store.ts";
import { runSystemctl } from "./systemctl.ts";
import { isUnitFileVerb, runUnitFiles } from "./unit-files.ts";

/** Entry of the tools on a fake host: `main.js <home> <tool> <arguments>`, run as whoever called the tool. */
const [path = "", tool = "", ...argv] = process.argv.slice(2);
const home = homeAt(path);
const caller: Caller = process.getuid?.() === 0 ? "root" : "user";

switch (tool) {
  case "amd-smi":
    await amdSmi();
    break;
  case "systemctl":
    await apply((state) =>
      isUnitFileVerb(argv[0]) ? runUnitFiles(state, argv, caller) : runSystemctl(state, argv, caller),
    );
    break;
  case "hold":
    writeSync(1, JSON.stringify(holdHere(home, argv[0] ?? "[]")));
    break;
  case "settle":
    await settleNow(home);
    break;
  default:
    await apply((state) => runModprobe(state, tool, argv, caller));
}

async function amdSmi(): Promise<void> {
  const question = runAmdSmi(readState(home), argv, caller);
  if (!question.asks) {
    await apply((state) => runAmdSmi(state, argv, caller));
    return;
  }
  writeSync(1, question.stdout);
  const answer = readLine(0) ?? NO_ANSWER;
  await apply((state) => runAmdSmi(state, argv, caller, answer), question.stdout.length);
}

/** Decides on the state as it is now, changes the host, and only then says so. */
async function apply(decide: (state: NodeState) => Outcome, alreadyPrinted = 0): Promise<void> {
  const outcome = caller === "root" ? await applyAsRoot(decide) : decide(readState(home));
  writeSync(1, outcome.stdout.slice(alreadyPrinted));
  writeSync(2, outcome.stderr);
  process.exitCode = outcome.code;
  if (outcome.hangs) setInterval(() => undefined, 2 ** 30);
  else if (tool === "amd-smi" && caller === "root") await learnOutput(home, argv);
}

async function applyAsRoot(decide: (state: NodeState) => Outcome): Promise<Outcome> {
  const before = readState(home);
  const seconds = secondsOf(before, decide(before).state ?? before);
  if (seconds > 0) await sleep(seconds * 1000);
  const outcome = await changeState(home, (state) => {
    const decided = decide(state);
    return { state: backServices(home, state, decided.state ?? state), result: decided };
  });
  if (outcome.state) settleLater(home, outcome.state);
  return outcome;
}

/** How long the change takes on this host. */
function secondsOf(before: NodeState, after: NodeState): number {
  const loads = after.driver === "loaded" && (before.driver === "unloaded" || before.memory !== after.memory);
  const sets = tool === "amd-smi" && !isReading(argv) && before !== after;
  return (loads ? before.loadSeconds : 0) + (sets ? before.setSeconds : 0);
}
