import { destroyAll, refreshAll, type Request, runEngine, type Stack, type Step } from "./engine.ts";
import { type Process, startProcess } from "./host.ts";
import type { Program } from "./resource.ts";
import { createWorld, type World } from "./world.ts";

export interface Kill {
  /** Number of the call to a host, from 0. */
  readonly killAt: number;
  readonly when: "before" | "after";
}

/** One stack and those who run it, as `pulumi` would. */
export interface Session {
  readonly world: World;
  stack(): Stack;
  /** Changes of state that the engine makes by itself: `state rm`, `stack rename`, `stack import`. */
  edit(change: (stack: Stack) => Stack): void;
  taint(urn: string): void;
  /** @returns what a user would count, as "op urn". */
  preview(program: Program, request?: Request): Promise<readonly string[]>;
  /** With its preview. */
  up(program: Program, request?: Request, kill?: Kill): Promise<readonly string[]>;
  /** @returns URNs that it shows as changed. */
  refresh(): Promise<readonly string[]>;
  destroy(request?: Request, kill?: Kill): Promise<readonly string[]>;
}

const counted = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap(({ op, urn }) => (op === "same" ? [] : [`${op} ${urn}`]));

const processOf = (kill: Kill | undefined): Process => startProcess(kill?.killAt, kill?.when);

export const session = (gpus: Readonly<Record<string, number>>): Session =>
  sessionIn(createWorld(gpus), "p", "dev");

export function sessionIn(world: World, project: string, name: string): Session {
  let stack: Stack = { project, name, resources: [] };
  const save = (next: Stack): void => {
    stack = next;
  };
  const preview = async (program: Program, request: Request = {}): Promise<readonly string[]> =>
    counted((await runEngine("preview", stack, program, world.operation(), request)).steps);
  return {
    world,
    stack: () => stack,
    edit: (change) => save(change(stack)),
    taint: (urn) => {
      const resources = stack.resources.map((one) =>
        one.urn === urn ? { ...one, tainted: true as const } : one,
      );
      save({ ...stack, resources });
    },
    preview,
    async up(program, request = {}, kill) {
      await preview(program, request);
      const process = processOf(kill);
      const isAlive = (): boolean => !process.isKilled();
      const run = await runEngine("update", stack, program, world.operation(process), request, isAlive, save);
      save(run.stack);
      return counted(run.steps);
    },
    async refresh() {
      const done = await refreshAll(stack, world.operation());
      save(done.stack);
      return done.changed;
    },
    async destroy(request = {}, kill) {
      const process = processOf(kill);
      const isAlive = (): boolean => !process.isKilled();
      const run = await destroyAll(stack, world.operation(process), request, isAlive, save);
      save(run.stack);
      return counted(run.steps);
    },
  };
}
