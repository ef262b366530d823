import { type Bound, boundOf } from "../bound.ts";
import { OperationError } from "../operations/operation-error.ts";
import { pluginMessages as say } from "./messages.ts";

/** What runs in the plugin's process, and can be cancelled as a whole. */
export interface Running {
  /** @param timeoutSeconds of the engine's customTimeouts; 0: none */
  begin<T>(timeoutSeconds: number, work: (bound: Bound) => Promise<T>): Promise<T>;
  /** The same of what only reads: it is not waited for any longer when the bound is over. */
  observe<T>(timeoutSeconds: number, work: () => Promise<T>): Promise<T>;
  /** Something was begun, so that hosts may be others than when they were observed. */
  hasBegun(): boolean;
  cancel(): void;
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
}

export function createRunning(): Running {
  const controller = new AbortController();
  let begun = false;
  const underWay = new Set<Promise<unknown>>();
  const boundFor = (seconds: number): Bound => {
    const { signal } = controller;
    return seconds > 0 ? boundOf(seconds * 1000, { signal }) : { signal };
  };
  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    underWay.add(settled);
    void settled.then(() => underWay.delete(settled));
    return work;
  };
  return {
    begin: (seconds, work) => {
      begun = true;
      return track(work(boundFor(seconds)));
    },
    hasBegun: () => begun,
    observe: (seconds, work) => unlessOver(work(), controller.signal, seconds),
    cancel: () => controller.abort(new OperationError(say["cancelled"]())),
    idle: async () => {
      await Promise.all(underWay);
    },
  };
}

async function unlessOver<T>(work: Promise<T>, signal: AbortSignal, seconds: number): Promise<T> {
  let undo: (() => void) | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    const cancel = (): void => reject(signal.reason as Error);
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel);
    const late = (): void => reject(new OperationError(say["time-is-over"]({ seconds })));
    const timer = seconds > 0 ? setTimeout(late, seconds * 1000) : undefined;
    undo = () => {
      signal.removeEventListener("abort", cancel);
      clearTimeout(timer);
    };
  });
  over.catch(() => undefined);
  try {
    return await Promise.race([work, over]);
  } finally {
    undo?.();
  }
}
