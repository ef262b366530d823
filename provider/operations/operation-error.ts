import { AmdGpuError } from "../errors.ts";
import type { Message } from "../message.ts";

/** An operation of a resource cannot go on; nothing was changed by it. */
export class OperationError extends AmdGpuError {
  override readonly name = "OperationError";
  override readonly code: string;
  readonly data: unknown;
  constructor({ code, data, text }: Message) {
    super(text);
    this.code = code;
    this.data = data;
  }
}
