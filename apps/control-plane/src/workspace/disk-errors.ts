import { isProblem, sourceUnreadable, stateDiskFull, stateUnwritable } from "@atoms/playbook";

const words: Record<string, string> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "it is not a folder",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the disk is read-only",
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EFBIG: "it is larger than the disk allows",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  EIO: "the disk reports an error",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the name is too long",
};

/** The error's code as the system names it, e.g. ENOENT; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Says in a few words why the disk refused, without its full stop. */
export function diskWords(error: unknown): string {
  const code = errnoOf(error);
  return (
    (code === undefined ? undefined : words[code]) ?? (error instanceof Error ? error.message : String(error))
  );
}

/** Turns what a write threw into a problem: ATM-218 when there is no room, else ATM-219. Problems stay as they are. */
export function writeProblem(path: string, error: unknown): Error {
  if (isProblem(error) || isAbort(error)) return error;
  const code = errnoOf(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  const facts = { path, because: diskWords(error) };
  return code === "ENOSPC" || code === "EDQUOT" ? stateDiskFull(facts) : stateUnwritable(facts);
}

/** Turns what a read threw into problem ATM-210. Problems stay as they are. */
export function readProblem(path: string, error: unknown): Error {
  if (isProblem(error) || isAbort(error)) return error;
  if (errnoOf(error) === undefined) return error instanceof Error ? error : new Error(String(error));
  return sourceUnreadable({ path, because: diskWords(error) });
}

const isAbort = (error: unknown): error is Error =>
  error instanceof Error && (error.name === "AbortError" || errnoOf(error) === "ABORT_ERR");
