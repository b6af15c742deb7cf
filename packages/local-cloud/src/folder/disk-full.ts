/** True for what the file system says when there is no room left. */
export const isDiskFull = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | null)?.code === "ENOSPC";
