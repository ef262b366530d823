/** Runs the real Pulumi engine: stacks with inline programs, and the command line in a project folder. */
export { type CliOptions, runCli } from "./engine/cli.ts";
export { createHome, type PulumiHome } from "./engine/home.ts";
export { createProject, type Project, type ProjectOptions } from "./engine/project.ts";
export { type Diagnostic, EngineRunError, failed, type Run, type Step } from "./engine/run.ts";
export { createStack, type StackOptions, type TestStack } from "./engine/stack.ts";
