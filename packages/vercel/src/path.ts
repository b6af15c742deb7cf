/** Builds a path from a pattern; every value is encoded, so that no id can lead elsewhere. */
export function path(strings: TemplateStringsArray, ...values: string[]): string {
  return strings.reduce((built, text, at) => {
    const value = values[at];
    return built + text + (value === undefined ? "" : encodeURIComponent(value));
  }, "");
}
