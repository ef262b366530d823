/** The files of one checkpoint, wherever they are. Nothing but ranges is ever read of them. */
export interface CheckpointFiles {
  /** For messages: a directory, or the id of a repository. */
  readonly place: string;
  /** For messages: how to say which of several models is meant. @default "give the path of one of them" */
  readonly choosing?: string;
  /** Of the uppermost folder. */
  list(): Promise<readonly CheckpointFile[]>;
  /** Bytes from `begin` up to, not including, `end`; fewer where the file ends before. */
  read(name: string, begin: number, end: number): Promise<Uint8Array>;
}

export interface CheckpointFile {
  readonly name: string;
  readonly bytes: number;
}
