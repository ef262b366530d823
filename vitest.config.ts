import { defineConfig } from "vitest/config";

import { type Project, testFilesByProject } from "./test/support/projects.ts";

const files = testFilesByProject(import.meta.dirname);

const project = (name: Project, globalSetup: readonly string[]) => ({
  extends: true as const,
  test: { name, include: files[name], globalSetup: globalSetup.map((setup) => `test/support/${setup}.ts`) },
});

export default defineConfig({
  test: {
    // Pulumi's closure serialiser uses the inspector, which worker threads do not have.
    pool: "forks",
    // vitest rewrites import(); what Pulumi serialises must be the built text, loaded by Node itself.
    server: { deps: { external: [/\/dist\//] } },
    // A failed test about what a command printed says what it printed: in CI nobody can look again.
    chaiConfig: { truncateThreshold: 8_000 },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ["test/support/property-runs.ts"],
    projects: [
      project("unit", []),
      project("host", ["host-setup"]),
      project("engine", ["host-setup", "engine-setup"]),
    ],
  },
});
