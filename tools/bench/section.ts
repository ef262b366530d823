import type { Environment } from "../engine/places.ts";

/** What a section of the bench is given. */
export interface BenchOptions {
  /** With the engine on its PATH, and no settings of Pulumi. */
  readonly env: Environment;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** How often each measurement is taken, the first one that warms up aside. */
  readonly turns: number;
  /** Sizes of the fleets. */
  readonly hosts: readonly number[];
  /** Folder of another build of this package. undefined: there is none. */
  readonly against: string | undefined;
  /** Gets a line now and then: measuring takes minutes. */
  readonly say: (line: string) => void;
}

export interface Section {
  /** As in `npm run bench -- <name>`. */
  readonly name: string;
  readonly title: string;
  /** Paragraphs and tables to print. */
  readonly run: (options: BenchOptions) => Promise<readonly string[]>;
}
