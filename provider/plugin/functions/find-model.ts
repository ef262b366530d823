import type { FoundModel, ModelShape } from "../../models/shape/shape.ts";
import { allocationMessages as say } from "../../operations/allocation/messages.ts";
import { OperationError } from "../../operations/operation-error.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import type { ConfiguredSession } from "../session.ts";
import { type Answer, failed } from "./function.ts";

type Found = Extract<FoundModel, { ok: true }>;

export type Sought =
  | { readonly ok: true; readonly model: Found; readonly shape: ModelShape }
  | { readonly ok: false; readonly answer: Answer };

/** @throws OperationError when the Hub does not answer, which is no mistake in the arguments. */
export async function findModel(
  { operation }: ConfiguredSession,
  property: string,
  model: AllocationArgs["model"],
): Promise<Sought> {
  const found = await operation.findModel(model);
  if (found.ok) return { ok: true, model: found, shape: found.shape };
  const message = say["model-not-found"]({ error: found.error });
  if (found.transient) throw new OperationError(message);
  return { ok: false, answer: failed(property, message) };
}
