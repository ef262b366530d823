import { plainData, plainLines } from "./plain-text.ts";

/**
 * Something a person is told. Programs and tests decide by `code` and `data`; `text` is the sentence, made in the one file
 * that has all sentences of its subject.
 */
export interface Message<Code extends string = string, Data = unknown> {
  /** Stable across releases: "gpu-in-use". */
  readonly code: Code;
  readonly data: Data;
  readonly text: string;
}

/** What each code says of its data. */
type Texts = Readonly<Record<string, (data: never) => string>>;

/** One function per code, which makes the message from its data. */
type Messages<T extends Texts> = {
  readonly [Code in keyof T & string]: (
    ...data: Parameters<T[Code]>
  ) => Message<Code, Parameters<T[Code]>[0]>;
};

/**
 * The messages of one subject. The sentence is made of the data in plain text: what a host said cannot begin a line of it. Codes are in kebab-case and unique in the package.
 *
 * @example
 * const inUse = defineMessages({ "gpu-in-use": ({ pid }: { pid: number }) => `the GPU is in use by pid ${pid}` });
 * inUse["gpu-in-use"]({ pid: 7 }); // { code: "gpu-in-use", data: { pid: 7 }, text: "the GPU is in use by pid 7" }
 */
export const defineMessages = <T extends Texts>(texts: T): Messages<T> =>
  Object.fromEntries(
    Object.entries(texts).map(([code, text]) => [
      code,
      (data: never): Message => ({ code, data, text: plainLines(text(plainData(data))) }),
    ]),
  ) as unknown as Messages<T>;

/** Several messages as one sentence. */
export const textOf = (messages: readonly Message[], between = "; "): string =>
  messages.map((message) => message.text).join(between);

/** "1 rank", "2 ranks" */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
