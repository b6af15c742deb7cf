// A drill of a recovery as a process of its own: started by the flow of the drill, told what to do on its standard input,
// which stays open for as long as somebody wants it. It says what it does, and at last what it measured, as JSON lines. It
// takes its stage down by itself, also when it is told to stop or its parent is gone.
import { createInterface } from "node:readline";
import { systemClock } from "@atoms/engine";
import { drillFailed, isProblem } from "@atoms/playbook";
import type { StageNews, StageOrder } from "../recovery/drill/order.js";
import { drillScenarios } from "../recovery/drill/scenarios.js";
import { onStage } from "../recovery/drill/stage.js";

const stop = new AbortController();
const leave = () => stop.abort(new Error("the drill was stopped"));
process.on("SIGTERM", leave);
process.on("SIGINT", leave);
// Whoever listened may be gone; the stage is taken down all the same.
process.stdout.on("error", leave);
/** Standard error is the log, which people are sent to when a drill failed. */
const say = (news: StageNews) => {
  const line = JSON.stringify(news);
  console.error(`${new Date(systemClock.now()).toISOString()} ${line}`);
  process.stdout.write(`${line}\n`);
};

const lines = createInterface({ input: process.stdin });
lines.once("close", leave);
lines.once("line", (line) => {
  const order = JSON.parse(line) as StageOrder;
  const tell = (doing: string) => say({ doing });
  onStage(order, stop.signal, tell, (stage) => drillScenarios[order.scenario].rehearse(stage, tell))
    .then(
      (measured) => say({ measured }),
      (error: unknown) => {
        if (!stop.signal.aborted && !isProblem(error)) console.error(error);
        const because = error instanceof Error ? error.message : String(error);
        say({ problem: (isProblem(error) ? error : drillFailed({ because })).toJSON() });
      },
    )
    .finally(() => process.stdout.write("", () => process.exit(0)));
});
