import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Pulumi's closure serialiser uses the inspector, which worker threads do not have.
    pool: "forks",
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/host-setup.ts", "test/support/engine-setup.ts"],
    // vitest rewrites import(); what Pulumi serialises must be the built text, loaded by Node itself.
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
