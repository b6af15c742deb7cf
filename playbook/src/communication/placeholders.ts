/** What a message may name in braces, and what each stands for. */
export const placeholders = {
  service: "name of the service",
  version: "version that is deployed",
  environment: "where it is deployed",
  release: "id of the release",
  because: "why the release ended as it did",
  address: "address that users reach",
} as const;
export type Placeholder = keyof typeof placeholders;

const pattern = /\{([A-Za-z_][\w-]*)\}/g;

/** The names in braces of a message, in their order. `{}` and braces around other text are plain text. */
export function namesIn(message: string): string[] {
  return [...message.matchAll(pattern)].map(([, name = ""]) => name);
}

/**
 * Puts facts in place of `{name}`. Only the message is read for names: braces inside a fact stay as they are.
 * @param facts A name that is not there is written as "(no <name>)", so that a reader sees the gap.
 */
export function fill(
  message: string,
  facts: { readonly [name in Placeholder]?: string | undefined },
): string {
  return message.replace(pattern, (whole, name: string) =>
    Object.hasOwn(placeholders, name) ? (facts[name as Placeholder] ?? `(no ${name})`) : whole,
  );
}
