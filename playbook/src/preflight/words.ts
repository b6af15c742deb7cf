/** Joins names for a sentence: at most `most`, then how many more. */
export function listed(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** "1 file", "3 files". */
export const counted = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`;

/** "is" or "are". */
export const areIs = (count: number) => (count === 1 ? "is" : "are");

/** A size to read, not to compute with: "12.3 MB". */
export function megabytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.ceil(bytes / 1e3)} kB`;
}
