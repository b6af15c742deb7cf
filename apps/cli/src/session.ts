import { type Ask, openSession, type Session } from "@atoms/control-plane/ask";
import type { Invocation } from "./command.js";

/**
 * Finds who answers: a control plane that is running for this playbook (or named by ATOMS_URL), else this process.
 * @param keep Whether the command may start or go on with a release: then this process serves others while it works.
 */
export async function withSession<T>(
  invocation: Invocation,
  keep: "read" | "act",
  work: (ask: Ask, session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession({
    cwd: invocation.cwd,
    playbook: invocation.playbook,
    env: invocation.env,
    actor: invocation.actor,
    acts: keep === "act",
    print: (line) => invocation.terminal.note(line),
  });
  try {
    return await work(session.ask, session);
  } finally {
    await session.close();
  }
}

/** The members of a verb's input that name the playbook. */
export function refOf(
  invocation: Invocation,
  session: Session,
): { playbook: string; platform?: "local" | "vercel" } {
  return {
    playbook: session.playbook,
    ...(invocation.platform === undefined ? {} : { platform: invocation.platform }),
  };
}
