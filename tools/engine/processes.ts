/** True when no process of this machine has that id. */
export const isGone = (pid: number): boolean => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
};
