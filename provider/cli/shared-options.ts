import type { Command } from "commander";

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const ENVIRONMENT = `
Secrets are never arguments: PULUMI_AMD_GPU_PASSWORD holds the password of the user, PULUMI_AMD_GPU_KEY_PASSPHRASE the
passphrase of the private key. Without -i and without an agent, the keys of ~/.ssh are used.`;

/** Which host, and how it is reached, in the words of ssh. */
export const withHostOptions = (command: Command, examples: string): Command =>
  command
    .optionsGroup("Host:")
    .option("-p, --port <port>", "port of the SSH server (default: 22)")
    .option("-l, --login <user>", "login name (default: root)")
    .option("-i, --identity <file>", "private key")
    .option("-J, --jump <hosts>", "jump hosts as [user@]host[:port],…, which take the same keys")
    .option(
      "-o, --option <name=value>",
      "option of ssh_config: Port, User, IdentityFile, IdentityAgent, UserKnownHostsFile, StrictHostKeyChecking, ConnectTimeout, ConnectionAttempts; may be repeated",
      collect,
    )
    .option("--host-key <key>", "public key that the host must have (default: known_hosts)")
    .option("--ask-password", "ask for the password of the user")
    .option("--simulate <gpus>", "no host: simulated GPUs as delivered, as MI300X or MI300X:8")
    .option("--state-file <file>", "no host: the simulated host of a stack, as its file")
    .option("--amd-smi <path>", "absolute path of amd-smi on the host (default: found)")
    .option("--timeout <seconds>", "limit of one observation (default: 120)")
    .addHelpText("after", ENVIRONMENT + "\n" + examples);

/** How a model is served, in the words of vLLM. */
export const withServingOptions = (command: Command, examples = ""): Command =>
  command
    .optionsGroup("Model:")
    .option("--precision <name>", "precision of the weights, as fp8 (default: that of the checkpoint)")
    .option("--kv-cache-dtype <name>", "precision of the KV cache, as fp8 (default: auto)")
    .option("--max-model-len <tokens>", "longest sequence (default: the model's, at most 8192)")
    .option("--max-num-seqs <count>", "sequences at once (default: 16)")
    .option("--max-num-batched-tokens <tokens>", "tokens of one step (default: 2048)")
    .option("--tensor-parallel <ranks>", "devices that share the model (default: the fewest)")
    .option("--engine <name>", "vllm or sglang (default: vllm)")
    .addHelpText("after", examples);
