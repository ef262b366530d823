import type { pluginMessages } from "../../../provider/plugin/messages.ts";
import type { ExamplesOf } from "./examples.ts";

export const plugin: ExamplesOf<typeof pluginMessages> = {
  "host-not-in-inventory": [[{ host: "gpu9", known: ["gpu1", "gpu2"] }], [{ host: "gpu9", known: [] }]],
  "two-hosts": [[{ other: "connection" }]],
  "import-id": [[]],
  "import-kind": [[{ type: "amdgpu:index:ModelAllocation" }]],
  "unknown-type": [[{ type: "amdgpu:index:Gpu" }]],
  "unknown-function": [[{ token: "amdgpu:index:getGpu" }]],
  "invalid-argument": [[{ problem: 'precision must be one of bf16, fp8 (it is "fp7")' }]],
  "secret-argument": [[{ name: "container" }]],
  "host-not-read": [[{ reason: "10.0.0.1: connection refused" }]],
  "no-host-named": [[]],
  "config-not-json": [[{ name: "hosts" }]],
  "invalid-config": [[{ problem: "timeouts.set must be at least 1 (it is 0)" }]],
  "not-configured": [[]],
  cancelled: [[]],
  "time-is-over": [[{ seconds: 30 }]],
};
