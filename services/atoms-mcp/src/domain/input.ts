import { z } from "zod";
import { COMMON, type Entity, type Field } from "./entities.js";
import { type FieldIssue, Refusal } from "./refusal.js";

/** Checked values of one record. */
export type Values = Record<string, unknown>;

/**
 * Checks what a caller gave for a new record.
 * @throws Refusal naming every field at fault
 */
export function checkCreate(entity: Entity, data: Values): Values {
  return check(entity, data, (field) => (field.required ? field.schema : field.schema.nullable().optional()));
}

/**
 * Checks what a caller wants changed: any of the fields, null only where it clears one, no move to another parent.
 * @throws Refusal naming every field at fault
 */
export function checkUpdate(entity: Entity, data: Values): Values {
  const fixed = Object.keys(data).filter((name) => entity.fields[name]?.fixed);
  if (fixed.length > 0) throw refuse(fixed.map((field) => ({ field, issue: "cannot be changed" })));
  if (Object.keys(data).length === 0) throw refuse([{ field: "data", issue: "names nothing to change" }]);
  return check(entity, data, (field) =>
    field.nullable ? field.schema.nullable().optional() : field.schema.optional(),
  );
}

function check(entity: Entity, data: Values, allow: (field: Field) => z.ZodType): Values {
  const shape = Object.fromEntries(
    Object.entries(entity.fields).map(([name, field]) => [name, allow(field)]),
  );
  const read = z.strictObject(shape).safeParse(data);
  if (!read.success) throw refuse(read.error.issues.flatMap((issue) => issuesOf(entity, data, issue)));
  // Null on create means "not given": the column's default applies.
  return Object.fromEntries(
    Object.entries(read.data).filter(([name, value]) => value !== undefined && keep(entity, name, value)),
  );
}

function keep(entity: Entity, name: string, value: unknown): boolean {
  return value !== null || entity.fields[name]?.nullable === true;
}

function issuesOf(entity: Entity, data: Values, issue: z.core.$ZodIssue): FieldIssue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((field) => ({
      field,
      issue: field in COMMON || field in entity.derived ? "is set by the server" : "no such field",
    }));
  }
  const field = issue.path.join(".");
  const missing = issue.path.length === 1 && (data[field] === undefined || data[field] === null);
  return [{ field, issue: missing && entity.fields[field]?.required ? "required" : issue.message }];
}

function refuse(details: FieldIssue[]): Refusal {
  const told = details.map(({ field, issue }) =>
    issue === "required" ? `${field} is required` : `${field}: ${issue}`,
  );
  return new Refusal("VALIDATION_ERROR", told.join("; "), { details });
}
