/** Shortest value that is hidden; anything shorter would blank out innocent words everywhere. */
const shortest = 4;

/** Words in a name that say its value is a secret. */
const secretWords = new Set([
  "token",
  "tokens",
  "secret",
  "secrets",
  "password",
  "passwd",
  "passphrase",
  "credential",
  "credentials",
  "key",
  "keys",
  "apikey",
  "webhook",
  "webhooks",
  "dsn",
  "private",
  "cookie",
]);
const secretEndings = /(?:database|postgres|postgresql|redis|mongo|mongodb|mysql|amqp|db)_(?:url|uri)$/;

/** Says whether a variable's or setting's name means that its value is a secret: STRIPE_API_KEY, webhook_url, DATABASE_URL. */
export function looksSecret(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => secretWords.has(word)) || secretEndings.test(words.join("_"));
}

/** Replaces secret values wherever text is about to be printed, stored or sent. */
export interface Redactor {
  /** Hides a value from now on, shown as `[hidden NAME]`. Values of fewer than four characters are left alone. */
  hide(name: string, value: string): void;
  /** The text with every hidden value replaced, also inside longer words, URL-encoded, JSON-escaped or in base64. */
  redact(text: string): string;
  /** The same for every string and key inside plain data; anything else is kept as it is. */
  redactData<T>(data: T): T;
  /** Names of what is hidden, for `atoms doctor`. Never the values. */
  names(): string[];
}

/** A redactor that hides nothing yet. */
export function createRedactor(): Redactor {
  const nameOf = new Map<string, string>();
  let pattern: RegExp | undefined;

  const redact = (text: string): string => {
    if (nameOf.size === 0) return text;
    // Longest first: a secret that contains another one must not leave its tail behind.
    pattern ??= new RegExp(
      [...nameOf.keys()]
        .sort((a, b) => b.length - a.length)
        .map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join("|"),
      "g",
    );
    return text.replace(pattern, (value) => `[hidden ${nameOf.get(value)}]`);
  };

  const redactAny = (value: unknown): unknown => {
    if (typeof value === "string") return redact(value);
    if (Array.isArray(value)) return value.map(redactAny);
    if (typeof value !== "object" || value === null) return value;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redact(key), redactAny(inner)]));
  };

  return {
    hide(name, value) {
      for (const form of formsOf(value)) if (!nameOf.has(form)) nameOf.set(form, name);
      pattern = undefined;
    },
    redact,
    redactData: <T>(data: T) => redactAny(data) as T,
    names: () => [...new Set(nameOf.values())].sort(),
  };
}

/** How a value may look by the time it is printed. */
function formsOf(value: string): string[] {
  const parts = [
    value.trim(),
    ...value.split(/\r?\n/).filter((line) => line.length >= 16),
    ...passwordOf(value),
  ];
  return [...new Set(parts)]
    .filter((part) => part.length >= shortest)
    .flatMap((part) => {
      const percent = encodeURIComponent(part);
      return [
        part,
        percent,
        percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
        percent.replace(/%20/g, "+"),
        encodeURI(part),
        JSON.stringify(part).slice(1, -1),
        Buffer.from(part).toString("base64"),
        Buffer.from(part).toString("base64url"),
      ];
    });
}

/** The password inside an address such as postgres://user:password@host/db, raw and decoded. */
function passwordOf(value: string): string[] {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*?:([^/?#\s]+)@/i.exec(value)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}

/** Whether the value itself is an address with a password in it, whatever its name says. */
export const carriesPassword = (value: string): boolean => passwordOf(value).length > 0;
