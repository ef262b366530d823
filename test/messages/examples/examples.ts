import type { Message } from "../../../provider/message.ts";

type Table = Readonly<Record<string, (...data: never[]) => Message>>;

/** For each code of a table the arguments of one or more messages: typical values, and one for each branch of its sentence. */
export type ExamplesOf<T extends Table> = {
  readonly [Code in keyof T]: readonly [Parameters<T[Code]>, ...Parameters<T[Code]>[]];
};

export const GPU = "0000:0c:00.0";
export const OTHER_GPU = "0000:22:00.0";
export const DEVICE = "0000:0c:00.3";
export const KEY = "gpus/prod/node1";
export const MODEL_KEY = "shop/prod/llama";
export const MODEL = "meta-llama/Llama-3.1-8B-Instruct";
