import { availableParallelism } from "node:os";

import { defineConfig } from "vitest/config";

import { type Project, testFilesByProject } from "./test/support/projects.ts";

const files = testFilesByProject(import.meta.dirname);

const project = (name: Project, globalSetup: readonly string[], isolate = true) => ({
  extends: true as const,
  test: {
    name,
    include: files[name],
    isolate,
    globalSetup: globalSetup.map((setup) => `test/support/${setup}.ts`),
  },
});

export default defineConfig({
  test: {
    // Pulumi's closure serialiser uses the inspector, which worker threads do not have.
    pool: "forks",
    // Many tests wait for another process.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // vitest rewrites import(); what Pulumi serialises must be the built text, loaded by Node itself.
    server: { deps: { external: [/\/dist\//] } },
    // A failed test about what a command printed says what it printed: in CI nobody can look again.
    chaiConfig: { truncateThreshold: 8_000 },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ["test/support/property-runs.ts"],
    projects: [
      // What these modules keep between calls must hurt no other test: they share a process, which also spares a third of the time.
      project("unit", [], false),
      project("host", ["host-setup"]),
      project("engine", ["host-setup", "engine-setup"]),
    ],
  },
});
