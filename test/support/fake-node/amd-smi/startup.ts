import { visibleGpus } from "../devices.ts";
import type { NodeState } from "../state.ts";
import type { Output } from "../state.ts";
import { RELEASES } from "../versions.ts";
import { typedLine } from "./typed-errors.ts";

const NO_DRIVER = [
  "ERROR:root:Unable to get devices, driver not initialized (amdgpu not found in modules)",
  "ERROR:root:Unable to detect any GPU devices, check amdgpu version and module status (sudo modprobe amdgpu)",
  "ERROR:root:Unable to detect any CPU devices, check amd_hsmp version and module status (sudo modprobe amd_hsmp)",
  "",
].join("\n");

const NO_GPU =
  "ERROR: Unable to detect any GPU devices, check amdgpu version and module status (sudo modprobe amdgpu)\n";

/** Before it looks at its arguments, amd-smi looks for GPUs; without any it ends, from 7.0 on with its version as text. */
export function withoutGpus(state: NodeState): Output | undefined {
  if (visibleGpus(state).length > 0) return undefined;
  const release = RELEASES[state.rocm];
  if (release.driverMissing === "typed") {
    const [text, code, type] =
      state.driver === "loaded"
        ? (["Can not find a device: no GPU", 196, "DEVICE_NOT_FOUND"] as const)
        : (["The amdgpu driver is not loaded", 206, "DRIVER_NOT_LOADED"] as const);
    return { stdout: typedLine(text, code, type), stderr: "", code };
  }
  const version = `AMDSMI Tool: ${release.tool} | AMDSMI Library version: ${release.library} | ROCm version: ${release.rocm}\n`;
  return {
    stdout: release.driverMissing === "errors-and-version" ? version : "",
    stderr: state.driver === "loaded" ? NO_GPU : NO_DRIVER,
    code: 255,
  };
}
