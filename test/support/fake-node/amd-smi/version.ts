import type { NodeState } from "../state.ts";
import { RELEASES } from "../versions.ts";
import { document, MISSING } from "./outcome.ts";

export function version(state: NodeState): string {
  const release = RELEASES[state.rocm];
  return document([
    {
      tool: "AMDSMI Tool",
      version: release.tool,
      amdsmi_library_version: release.library,
      rocm_version: release.rocm,
      ...Object.fromEntries(
        release.versionKeys.map((key) => [
          key,
          key === "amdgpu_version" ? `${release.driver}${release.driverBuild}` : MISSING,
        ]),
      ),
    },
  ]);
}
