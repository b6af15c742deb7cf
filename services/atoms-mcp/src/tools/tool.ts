import type { z } from "zod";
import type { User } from "../domain/users.js";
import type { Sql } from "../storage/database.js";
import type { Outcome } from "./envelope.js";

/** Classes of operations that have a rate limit of their own. */
export type OperationClass = "search" | "create" | "update" | "delete";

/** What a tool's work may use. */
export interface ToolContext {
  readonly user: User;
  /** Runs work as the caller, in one transaction. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Takes from the caller's bucket of that class; throws a rate-limited refusal when it is empty. */
  spend(operation: OperationClass, count?: number): Promise<void>;
  readonly uuid: () => string;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

/** One MCP tool: what callers see, and what it does. */
export interface Tool<Input extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly annotations: {
    readOnlyHint: boolean;
    destructiveHint: boolean;
    idempotentHint: boolean;
    openWorldHint: boolean;
  };
  /** The operation an input asks for, as results and metrics call it. */
  operation(input: z.output<Input>): string;
  run(input: z.output<Input>, context: ToolContext): Promise<Outcome>;
}

/** Declares a tool; the input's type follows from its schema. */
export function defineTool<Input extends z.ZodType>(tool: Tool<Input>): Tool {
  return tool as unknown as Tool;
}
