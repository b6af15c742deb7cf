import type { Actor } from "@atoms/playbook";
import type { Role } from "@atoms/store";
import type { z } from "zod";
import type { ControlPlane } from "../control-plane.js";

/**
 * What a caller has to know of a verb. Asking a running control plane takes no more, so a command that has to be quick
 * need not load what the verb does.
 */
export interface Call<I, O> {
  readonly name: string;
  /** Reads by GET, acts by POST. */
  readonly method: "GET" | "POST";
  /** Below `/api/v1`. */
  readonly path: string;
  /** Never there: it ties the types of question and answer to the call. */
  readonly types?: (input: I) => O;
}

/**
 * One thing that Atoms can be asked, the same for the command line, the API and every later face.
 * @typeParam I What it is asked with, after validation.
 * @typeParam O What it answers: plain data.
 */
export interface Verb<I, O> extends Call<I, O> {
  readonly summary: string;
  /** What it answers, where the summary is not enough; a line or two of the API's reference. */
  readonly answers?: string;
  /** What a caller of the API must be at least: viewers read, operators act, admins let others in. */
  readonly role: Role;
  readonly input: z.ZodType<I>;
  run(plane: ControlPlane, input: I, actor: Actor): Promise<O>;
}

/** What a verb is asked with, and what it answers. */
export type InputOf<V> = V extends Verb<infer I, infer _O> ? I : never;
export type OutputOf<V> = V extends Verb<infer _I, infer O> ? O : never;

/** Declares a verb with its types inferred. */
export const defineVerb = <I, O>(verb: Verb<I, O>): Verb<I, O> => verb;
