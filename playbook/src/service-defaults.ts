type Group = { [key: string]: unknown };

/** What a path on a service looks like. */
export const healthPattern = /^\/\S*$/;

/**
 * Fills in what follows from the service itself, before the schema fills in the rest: who serves a host is asked at the
 * service's health path, unless the playbook names another. What is written stays as it is.
 */
export function withServiceDefaults(written: object): object {
  const { service, rollback = {} } = written as Group;
  const health = isGroup(service) ? service["health"] : undefined;
  if (typeof health !== "string" || !healthPattern.test(health)) return written;
  if (!isGroup(rollback)) return written;
  const { proof = {} } = rollback;
  if (!isGroup(proof)) return written;
  return { ...written, rollback: { ...rollback, proof: { path: health, ...proof } } };
}

const isGroup = (value: unknown): value is Group =>
  typeof value === "object" && value !== null && !Array.isArray(value);
