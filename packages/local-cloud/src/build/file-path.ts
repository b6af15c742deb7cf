/**
 * Checks the path of a file of a deployment: relative, with `/` between its parts, and inside the folder.
 * @returns what is wrong with it, or null
 */
export function filePathProblem(path: string): string | null {
  if (path === "" || path.length > 1024) return "a file path has 1 to 1024 characters";
  if (path.includes("\0")) return "a file path has no null character";
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return `the file path "${path}" is not relative`;
  const parts = path.split(/[/\\]/);
  if (parts.includes("..")) return `the file path "${path}" leads out of the deployment's folder`;
  if (parts.some((part) => part.length > 255)) return `a name in the file path is longer than 255 characters`;
  return null;
}
