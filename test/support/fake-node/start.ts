import { startSshd } from "../sshd.ts";
import type { SudoRule } from "./accounts.ts";
import { OPERATOR } from "./accounts.ts";
import { usersAtBoot } from "./boot.ts";
import { codeDirectory } from "./code.ts";
import { createState, type StateOptions } from "./create-state.ts";
import { type FakeNode, nodeHandle } from "./handle.ts";
import { homeAt } from "./home.ts";
import { type AmdSmiPlace, type DriverSource, layOut } from "./lay-out.ts";
import { removeTemporary, temporaryDirectory } from "./temporary.ts";

export type { FakeNode } from "./handle.ts";

/** The host, how it is reached, and what is installed on it. */
export interface FakeNodeOptions extends StateOptions {
  /** @default "127.0.0.1" */
  readonly address?: string;
  /** @default a free one */
  readonly port?: number;
  /** Whom `connection` logs in as; both accounts exist anyway. @default "root" */
  readonly user?: "root" | "ops";
  /** @default "without-password" */
  readonly sudo?: SudoRule;
  /** Where ROCm put amd-smi: on PATH too, only under /opt/rocm/bin, nowhere, or in these files. @default "path" */
  readonly amdSmi?: AmdSmiPlace;
  /** Whether DKMS has kept the source of the driver. @default "kept" */
  readonly driverSource?: DriverSource;
  /** Folders of /var/log/pods, as kubelet names them: "<namespace>_<pod>_<uid>". @default none */
  readonly pods?: readonly string[];
  /** Seconds every reading amd-smi takes, asleep; the real one takes about half a second. @default 0 */
  readonly readSeconds?: number;
  /** Reading command lines to prepare besides the usual ones, e.g. "list --json -e". @default none */
  readonly preparedCommands?: readonly string[];
  /** Lines for its sshd_config, e.g. "MaxSessions 2". @default none */
  readonly sshdConfig?: readonly string[];
  /** LANGUAGE of all logins, for tools that speak it, e.g. "de". @default none: everything is English */
  readonly language?: string;
}

/**
 * Starts one host: a real OpenSSH server in a mount namespace whose /sys, /dev, /etc, /var/lib and tools are those of a
 * GPU node. Nothing in the provider knows of it: it reads the same absolute paths as on a real host.
 *
 * The host is one value (`NodeState`). Pure functions say what amd-smi prints for it, what the kernel's files contain and
 * what becomes of it when somebody sets a mode or loads the driver; every change writes the files anew, under a lock. The
 * answers of reading commands are files too, so that `amd-smi` is a shell script of a few milliseconds and a fleet of 64
 * hosts fits on two cores; only a command that changes something, or one nobody thought of, starts Node.
 */
export async function startFakeNode(options: FakeNodeOptions = {}): Promise<FakeNode> {
  return startNode(options, await codeDirectory());
}

/** A fleet: the hosts differ in address (127.0.0.1 and up), serials, machine id and boot id. */
export async function startFakeNodes(
  count: number,
  options: FakeNodeOptions = {},
): Promise<readonly FakeNode[]> {
  const code = await codeDirectory();
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      startNode({ seed: String(index), ...options, address: `127.0.0.${index + 1}` }, code),
    ),
  );
}

async function startNode(options: FakeNodeOptions, code: string): Promise<FakeNode> {
  const {
    address = "127.0.0.1",
    port,
    user = "root",
    sudo = "without-password",
    amdSmi = "path",
    readSeconds = 0,
    pods = [],
    driverSource = "kept",
    preparedCommands = [],
    language,
    sshdConfig = [],
    processes = [],
    ...stateOptions
  } = options;
  const home = homeAt(temporaryDirectory("fake-node-"));
  const madeUp = processes.filter((process) => process.pid !== undefined);
  const state = createState({ ...stateOptions, processes: madeUp });
  const layout = {
    sudo,
    amdSmi,
    pods,
    driverSource,
    readSeconds,
    preparedCommands,
    seed: options.seed ?? "0",
    code,
  };
  try {
    layOut(home, state, layout);
    const sshd = await startSshd({
      address,
      ...(port !== undefined && { port }),
      directory: home.sshd,
      namespaceSetup: `mount -a -T '${home.path}/fstab'`,
      config: [
        ...sshdConfig,
        ...(language === undefined ? [] : [`SetEnv LANG=C.UTF-8 LANGUAGE=${language}`]),
      ],
    });
    const node = nodeHandle(home, sshd, user === "root" ? user : OPERATOR.name);
    await node.holdGpus([...processes.filter((process) => process.pid === undefined), ...usersAtBoot(state)]);
    return node;
  } catch (error) {
    removeTemporary(home.path);
    throw error;
  }
}
