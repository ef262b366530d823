import { AmdGpuError } from "../../errors.ts";

/** The Hub could not be asked: no answer, or one that says nothing of the model. Trying again may help. */
export class HubUnreachableError extends AmdGpuError {
  override readonly name = "HubUnreachableError";
  override readonly code = "hub-unreachable";
}
