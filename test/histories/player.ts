import { readIdentity } from "../../provider/operations/operation/keys.ts";
import { formatKey, keyOfUrn } from "../../provider/resource-key.ts";
import type { Action, Operation, StackName } from "./actions.ts";
import { leftovers, stackProblems, strayEntries } from "./checks.ts";
import { RunFailure, type Stack } from "./engine.ts";
import { unexpected } from "./expected.ts";
import { happen, releaseForgotten } from "./happen.ts";
import type { Program } from "./resource.ts";
import { type Session, sessionIn } from "./session.ts";
import { edited, GPU_OF, lastOf, programOf as sourceProgram, type Source, startOf } from "./source.ts";
import { createWorld, type World } from "./world.ts";

const HOSTS = ["h0", "h1"] as const;

/** One stack of a history. */
interface Line {
  readonly session: Session;
  source: Source;
  /** Of the last update that succeeded. */
  last: Source;
  /** The last operation did not come to its end, so nothing is taken from the program until one does. */
  unfinished: boolean;
  exported: { readonly stack: Stack; readonly source: Source } | undefined;
  names: number;
}

/** Plays histories and says what is wrong after each operation. */
export interface Player {
  play(action: Action): Promise<readonly string[]>;
  /** All stacks are brought up, and destroyed. */
  end(): Promise<readonly string[]>;
  /** How many updates succeeded. */
  updates(): number;
}

export function createPlayer(): Player {
  const world = createWorld({ h0: 2, h1: 2 });
  const lines: Readonly<Record<StackName, Line>> = {
    a: lineOf(world, "a"),
    b: lineOf(world, "b"),
  };
  let updates = 0;
  const all = (): readonly Line[] => Object.values(lines);

  const problems = (line: Line): readonly string[] => [
    ...stackProblems(world.hosts, reachablePart(world, line.session.stack())),
    ...(all().some((one) => one.unfinished)
      ? []
      : strayEntries(
          world.hosts,
          all().map((one) => one.session.stack()),
        )),
  ];

  /** A whole update, after which everything must be right. */
  async function up(line: Line, stack: StackName): Promise<readonly string[]> {
    const other = untouched(lines, stack, world);
    await line.session.up(programOf(line, stack));
    updates++;
    line.last = line.source;
    line.unfinished = false;
    const wrong = [...problems(line), ...other()];
    const again = await line.session.preview(programOf(line, stack));
    return [...wrong, ...again.map((change) => `the next preview shows ${change}`)];
  }

  async function run(line: Line, stack: StackName, operation: Operation): Promise<readonly string[]> {
    const { session } = line;
    const program = programOf(line, stack);
    const urns = session
      .stack()
      .resources.filter(
        (one) => "what" in operation && (one.kind === "partition") === (operation.what === "partition"),
      )
      .map((one) => one.urn);
    switch (operation.run) {
      case "up": {
        if (!operation.kill) return up(line, stack);
        line.unfinished = true;
        await session.up(program, {}, operation.kill);
        return up(line, stack);
      }
      case "destroy": {
        // The engine forgets what it has deleted to replace it, and asks nobody: of a renamed stack nobody finds that again.
        const { name, resources } = session.stack();
        if (name !== stack && resources.some(({ pendingReplacement }) => pendingReplacement)) return [];
        const other = untouched(lines, stack, world);
        // What a killed create left, state does not know: only an update finds it again.
        const { unfinished } = line;
        line.unfinished = true;
        await session.destroy({}, operation.kill);
        line.unfinished = unfinished;
        return other();
      }
      case "preview":
        await session.preview(program);
        return [];
      case "refresh":
        await session.refresh();
        return [];
      case "refreshUp":
        await session.refresh();
        return up(line, stack);
      case "retain": {
        // The key of what was renamed is in state only, and state forgets it here.
        if (line.unfinished || !hasOwnKeys(session.stack())) return [];
        const { source } = line;
        line.unfinished = true;
        const retained = { ...source, options: { ...source.options, retainOnDelete: true } };
        await session.up(sourceProgram(retained, session.stack(), stack));
        const seen = hostsSeen(world);
        await session.up([]);
        const now = hostsSeen(world);
        return [
          ...(now === seen ? [] : [`retained resources changed: ${seen} -> ${now}`]),
          ...(await up(line, stack)),
        ];
      }
      case "target":
        await session.up(program, { targets: urns.slice(0, 1) });
        return [];
      case "exclude":
        await session.up(program, { excludes: urns.slice(0, 1) });
        return [];
      case "replace": {
        line.unfinished = true;
        await session.up(program, { replace: urns });
        return up(line, stack);
      }
      case "taint":
        for (const urn of urns) session.taint(urn);
        return [];
      case "stateRm":
        // What is taken from state and from the program is left to the user; so is what was renamed, whose key only state knows.
        if (JSON.stringify(line.source) !== JSON.stringify(line.last)) return [];
        if (!hasOwnKeys(session.stack())) return [];
        line.unfinished = true;
        session.edit((now) => ({
          ...now,
          resources: now.resources.filter((one) => !urns.includes(one.urn)),
        }));
        return [];
      case "renameStack":
        if (line.unfinished) return [];
        session.edit((now) => renamed(now, `${now.name}x`));
        line.exported = undefined;
        return [];
      case "export":
        line.exported = { stack: session.stack(), source: line.source };
        return [];
      case "import": {
        const { exported } = line;
        if (!exported) return [];
        line.unfinished = true;
        session.edit(() => exported.stack);
        return [];
      }
    }
  }

  return {
    updates: () => updates,
    async play(action) {
      const line = lines[action.stack];
      if ("edit" in action) {
        line.names++;
        line.source = edited(line, action, action.host, line.names);
        return [];
      }
      if ("event" in action) {
        happen(world, HOSTS[action.host] ?? "h0", action);
        return [];
      }
      try {
        return await run(line, action.stack, action);
      } catch (error) {
        if (error instanceof RunFailure) return unexpected(error, line.session.stack().name !== action.stack);
        throw error;
      }
    },
    async end() {
      const ordered = Object.entries(lines) as [StackName, Line][];
      for (const name of HOSTS) {
        world.setReachable(name, true);
        for (const gpu of Object.values(GPU_OF)) world.host(name).setStarted(gpu, true);
      }
      for (const line of all()) {
        // As by `pulumi state unprotect --all` and `pulumi state untaint --all`.
        line.session.edit((now) => ({
          ...now,
          resources: now.resources.map(({ tainted: _none, ...rest }) => ({
            ...rest,
            options: { ...rest.options, protect: false },
          })),
        }));
        line.source = lastOf(line.source);
      }
      for (const [stack, line] of ordered) releaseForgotten(world, line.session.stack(), stack);
      // A change that stopped half-way keeps others from the host until its own stack has run again.
      for (const [stack, line] of ordered) {
        await up(line, stack).catch((error: unknown) => {
          if (!(error instanceof RunFailure)) throw error;
        });
      }
      const wrong: string[] = [];
      for (const [stack, line] of ordered) wrong.push(...(await up(line, stack)));
      for (const line of all()) await line.session.destroy();
      return [...wrong, ...leftovers(world.hosts)];
    },
  };
}

const lineOf = (world: World, stack: StackName): Line => ({
  session: sessionIn(world, "p", stack),
  source: startOf(stack),
  last: startOf(stack),
  unfinished: false,
  exported: undefined,
  names: 0,
});

/** What another stack has on the hosts, before and after. */
function untouched(
  lines: Readonly<Record<StackName, Line>>,
  stack: StackName,
  world: World,
): () => readonly string[] {
  const other: StackName = stack === "a" ? "b" : "a";
  const keys = lines[other].session.stack().resources.map(({ urn }) => keyOfUrn(urn)?.name);
  const isTheirs = (key: string): boolean =>
    keys.some((name) => key.endsWith(`/${name}`) || key.endsWith(`::${name}`));
  const seen = (): string =>
    JSON.stringify(
      world.hosts.map((host) => {
        const { owners, reservations } = host.record();
        const owned = Object.entries(owners).filter(([key]) => isTheirs(key));
        return {
          owned,
          reservations: reservations.filter(({ key }) => isTheirs(key)),
          modes: owned.length > 0 ? host.modes()[GPU_OF[other]] : "",
        };
      }),
    );
  const before = seen();
  return () => (seen() === before ? [] : [`stack ${other} was touched: ${before} -> ${seen()}`]);
}

const ownKey = (urn: string): string | undefined => {
  const key = keyOfUrn(urn);
  return key && formatKey(key);
};

/** Nothing of it was renamed since it was created. */
const hasOwnKeys = ({ resources }: Stack): boolean =>
  resources.every(({ urn, outputs }) => readIdentity(outputs["identity"])?.key === ownKey(urn));

/** Without what is on hosts that do not answer or lack a GPU: an update that changes nothing there succeeds with a warning. */
const reachablePart = (world: World, stack: Stack): Stack => ({
  ...stack,
  resources: stack.resources.filter(({ outputs }) => world.isWhole(String(outputs["hostId"]))),
});

const hostsSeen = (world: World): string =>
  JSON.stringify(world.hosts.map((host) => [host.modes(), { ...host.record(), revision: 0 }]));

const renamed = (stack: Stack, name: string): Stack => {
  const rename = (urn: string): string => urn.replace(`urn:pulumi:${stack.name}::`, `urn:pulumi:${name}::`);
  return {
    ...stack,
    name,
    resources: stack.resources.map((one) => ({ ...one, urn: rename(one.urn), on: one.on.map(rename) })),
  };
};

const programOf = ({ source, session }: Line, stack: StackName): Program =>
  sourceProgram(source, session.stack(), stack);
