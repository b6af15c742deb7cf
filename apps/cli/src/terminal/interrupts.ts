import type { Terminal } from "./terminal.js";

/** What the person wants after Ctrl-C. */
export type Wish = "abort" | "detach" | "go on";

/** Ctrl-C while a release is shown. */
export interface Interrupts {
  /** Ctrl-C was pressed and not answered yet. */
  pending(): boolean;
  /** Asks what is wanted; a second Ctrl-C means detach. Where nobody can be asked, the first means detach too. */
  ask(terminal: Terminal, trafficMoved: boolean): Promise<Wish>;
  /** Gives Ctrl-C its usual meaning back. */
  done(): void;
}

/** Takes Ctrl-C (SIGINT) and SIGTERM over until `done`. */
export function watchInterrupts(): Interrupts {
  let pressed = 0;
  const onSignal = () => {
    pressed++;
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    pending: () => pressed > 0,
    async ask(terminal, trafficMoved) {
      if (!terminal.canAsk || pressed > 1) return "detach";
      const { select } = await import("@inquirer/prompts");
      try {
        const wish = await select<Wish>(
          {
            message: "The release is under way. What now?",
            choices: [
              {
                name: trafficMoved
                  ? "Abort: bring traffic back to the deployment before"
                  : "Abort: end it, nothing changes for users",
                value: "abort",
              },
              { name: "Detach: leave it; it is durable and can be resumed", value: "detach" },
              { name: "Go on", value: "go on" },
            ],
          },
          { output: process.stderr },
        );
        pressed = 0;
        return wish;
      } catch {
        return "detach";
      }
    },
    done() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
