/** Runs the real Pulumi engine: stacks with inline programs, and the command line in a project folder. */
export { runCli } from "./engine/cli.ts";
export { createHome, type PulumiHome } from "./engine/home.ts";
export { createProject } from "./engine/project.ts";
export { failed, type Run, type Step } from "./engine/run.ts";
export { createStack, type TestStack } from "./engine/stack.ts";
