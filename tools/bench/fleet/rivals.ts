import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { FakeNode } from "../../../test/support/fake-node/start.ts";
import { type Environment, findPackageRoot } from "../../engine/places.ts";
import type { Contender } from "../contender.ts";
import { run, type RunOptions, runTimed } from "../run.ts";
import type { Python } from "./python.ts";

export interface Rivals {
  readonly contenders: readonly Contender[];
  dispose(): Promise<void>;
}

interface Options {
  readonly hosts: readonly FakeNode[];
  readonly python: Python;
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/**
 * The other tools, each with the quickest settings a careful user would choose: every host at once, host keys checked, no
 * agent and no settings of the user's own, one connection for each host.
 */
export async function prepareRivals({ hosts, python, env, signal }: Options): Promise<Rivals> {
  // Short, because sockets of Ansible's connections lie in it.
  const folder = await mkdtemp(join(tmpdir(), "rivals-"));
  await cp(join(findPackageRoot(), "tools/bench/rivals"), folder, { recursive: true });
  await mkdir(join(folder, "home"));
  await writeHosts(folder, hosts, python);
  const at = { cwd: folder, signal, env: { ...env, HOME: join(folder, "home") } };
  return {
    contenders: [
      pyinfra("pyinfra --dry", "--dry", { hosts, python, at }),
      pyinfra("pyinfra --yes", "--yes", { hosts, python, at }),
      ansible("ansible-playbook --check", ["--check"], { hosts, python, at }),
      ansible("ansible-playbook", [], { hosts, python, at }),
      ansible("ansible-playbook, module raw", ["-e", "read_with=raw"], { hosts, python, at }),
      sshLoop(hosts, at),
    ],
    dispose: async () => rm(folder, { recursive: true, force: true }),
  };
}

async function writeHosts(folder: string, hosts: readonly FakeNode[], python: Python): Promise<void> {
  const connections = hosts.map(({ connection }) => connection);
  const lines = (line: (connection: FakeNode["connection"]) => string): string =>
    connections.map((connection) => `${line(connection)}\n`).join("");
  await writeFile(join(folder, "key"), connections[0]?.privateKey ?? "", { mode: 0o600 });
  await writeFile(
    join(folder, "known_hosts"),
    lines(({ host, port, hostKey }) => `[${host}]:${port} ${hostKey}`),
  );
  await writeFile(join(folder, "hosts.json"), JSON.stringify(connections.map(withoutKeys)));
  await writeFile(
    join(folder, "hosts.txt"),
    lines(({ host, port, user }) => `${host} ${port} ${user}`),
  );
  const variables = `ansible_ssh_private_key_file=${join(folder, "key")} ansible_python_interpreter=${python.interpreter}`;
  await writeFile(
    join(folder, "hosts.ini"),
    lines(({ host, port, user }) => `${host} ansible_port=${port} ansible_user=${user} ${variables}`),
  );
}

const withoutKeys = ({ host, port, user }: FakeNode["connection"]): object => ({ host, port, user });

interface Prepared {
  readonly hosts: readonly FakeNode[];
  readonly python: Python;
  readonly at: RunOptions;
}

const pyinfra = (name: string, mode: string, { hosts, python, at }: Prepared): Contender => ({
  name,
  run: async () =>
    runTimed(
      [
        join(python.bin, "pyinfra"),
        "inventory.py",
        "deploy.py",
        mode,
        "--no-wait",
        "--parallel",
        hosts.length.toString(),
      ],
      at,
    ),
});

/** Its connections outlive it, for the next run; here they are ended after the time is taken, so that all start alike. */
const ansible = (name: string, args: readonly string[], { hosts, python, at }: Prepared): Contender => ({
  name,
  run: async () => {
    const sockets = await mkdtemp(join(at.cwd, "s-"));
    const env = {
      ...at.env,
      ANSIBLE_CONFIG: join(at.cwd, "ansible.cfg"),
      ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
      ANSIBLE_SSH_ARGS: `-F none -o IdentitiesOnly=yes -o UserKnownHostsFile=${join(at.cwd, "known_hosts")} -o ControlMaster=auto -o ControlPersist=60s`,
    };
    const cost = await runTimed(
      [
        join(python.bin, "ansible-playbook"),
        "--inventory",
        "hosts.ini",
        "--forks",
        hosts.length.toString(),
        ...args,
        "playbook.yml",
      ],
      { ...at, env },
    );
    for (const socket of await readdir(sockets)) {
      await run(
        ["ssh", "-F", "none", "-o", `ControlPath=${join(sockets, socket)}`, "-O", "exit", "host"],
        at,
      );
    }
    return cost;
  },
});

const sshLoop = (hosts: readonly FakeNode[], at: RunOptions): Contender => ({
  name: "ssh loop",
  run: async () => {
    const answers = await mkdtemp(join(at.cwd, "answers-"));
    const cost = await runTimed(["sh", "ssh-loop.sh", answers], at);
    for (const { connection } of hosts) {
      const answer = JSON.parse(await readFile(join(answers, connection.host), "utf8")) as {
        readonly gpu_data: readonly unknown[];
      };
      if (answer.gpu_data.length !== 64) throw new Error(`${connection.host} has not told of 64 devices`);
    }
    await rm(answers, { recursive: true });
    return cost;
  },
});
