export type Log = (line: string) => void;

/** "48 s", "3 min 5 s". */
export const formatDuration = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/**
 * Logs a line with the time gone by until the work has ended, so that a long silence is never mistaken for a hang.
 *
 * @param describe what is being done, asked anew for each line
 */
export const withProgress = async <Result>(
  log: Log,
  describe: () => string,
  work: () => Promise<Result>,
): Promise<Result> => {
  const started = Date.now();
  const timer = setInterval(() => log(`  ${describe()} (${formatDuration(Date.now() - started)})`), 15_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
};
