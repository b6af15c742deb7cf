import {
  askedData,
  type Gate,
  type GateAnswer,
  type GateMove,
  type GatePorts,
  type GateStanding,
  type GateSubject,
  gateNotices,
  isDue,
  nextGateMove,
  type Question,
} from "../gates/index.js";
import type { LedgerEvent } from "../terms/index.js";
import type { ReleaseRun } from "./run.js";

/** What this release is to a gate. */
export function subjectOf(
  { order }: ReleaseRun,
  more: { candidate?: string; share?: number } = {},
): GateSubject & { release: string; version: string } {
  const { release, service, environment, strategy, version, actor, startedAt, overrides } = order;
  return {
    release,
    service,
    environment,
    strategy,
    version,
    startedBy: actor,
    startedAt,
    overrides,
    ...more,
  };
}

/**
 * The gates of one point, asked again and again until all are open at the same time or one refuses. It acts on nothing:
 * whoever asks goes on with what it has to do meanwhile. What was answered is in the flow, so that a resumed release goes
 * on waiting where it was, with the same deadlines.
 */
export class GateWait {
  private since: number | undefined;
  private round = 0;
  private readonly standing = new Map<string, GateStanding>();
  private readonly told = new Set<string>();
  private question: Question | undefined;

  /** @param label Stable within the release: "start", "shift", "step 2", "contract". */
  constructor(
    private readonly run: ReleaseRun,
    private readonly label: string,
    private readonly subject: GateSubject & { release: string; version: string },
    private readonly gates: readonly Gate[],
  ) {}

  /** Asks those that are due, writes down what has changed, and says what to do. */
  async ask(): Promise<GateMove> {
    const { run, label, gates } = this;
    const now = await run.flow.now();
    if (this.since === undefined) {
      this.since = now;
      await this.putTheQuestion(now);
    }
    const at = { now, since: this.since };
    const due = gates.filter((gate) => {
      const known = this.standing.get(gate.id);
      return known === undefined || isDue(known, now) || gate.question !== undefined;
    });
    if (due.length > 0) {
      const round = ++this.round;
      const answers = await run.flow.step(
        `gates (${label}): ask ${round}`,
        async (signal) => Promise.all(due.map((gate) => gate.ask(this.ports(), at, signal))),
        { timeoutMs: 90_000, attempts: 5 },
      );
      const changed = due.flatMap((gate, i) => {
        const answer = answers[i];
        if (answer === undefined) return [];
        const before = this.standing.get(gate.id)?.answer;
        this.standing.set(gate.id, { gate, answer, askedAt: now });
        return isNews(before, answer) ? [{ gate, answer }] : [];
      });
      await this.writeDown(round, changed, now);
    }
    const move = nextGateMove([...this.standing.values()], now);
    if (move.do === "wait") await this.tell(move, now);
    if (move.do !== "wait") await this.settle(move.do === "pass" ? "open" : "refused", now);
    return move;
  }

  private ports(): GatePorts {
    const { ledger, http, clock, sign, platform, rollbackOf, openIncidents } = this.run.world;
    return {
      ledger,
      http,
      clock,
      sign,
      rollbackOf,
      openIncidents,
      production: (signal) => platform.production(signal),
    };
  }

  private async putTheQuestion(now: number): Promise<void> {
    const { run } = this;
    const gate = this.gates.find((one) => one.question !== undefined);
    this.question = gate?.question?.(now);
    const { question } = this;
    if (question === undefined) return;
    await run.change(`put the question: ${question.of}`, {}, () => [
      run.event("approval.asked", `approval/${question.of}/asked`, askedData(question), now),
    ]);
  }

  private async writeDown(
    round: number,
    changed: readonly { gate: Gate; answer: GateAnswer }[],
    now: number,
  ): Promise<void> {
    const { run, label } = this;
    // That a gate without news stands open is no news.
    const events = changed.flatMap(({ gate, answer }): LedgerEvent[] => {
      const { is, because } = answer;
      const kind =
        is === "open" && answer.overridden !== undefined
          ? "gate.overridden"
          : `gate.${is === "open" ? "opened" : is}`;
      const more =
        answer.is === "shut"
          ? { until: answer.until, otherwise: answer.otherwise, opensAt: answer.opensAt ?? null }
          : answer.is === "refused"
            ? { problem: answer.problem.code }
            : answer.overridden === undefined
              ? {}
              : { reason: answer.overridden };
      return [
        run.event(
          kind,
          `gate/${label}/${gate.id}/${round}`,
          { gate: gate.id, point: label, because, ...more },
          now,
        ),
      ];
    });
    if (events.length > 0) await run.change(`gates (${label}): write down ${round}`, {}, () => events);
  }

  /** Says once for each gate, where people hear of releases, that it is waited for. */
  private async tell(move: GateMove & { do: "wait" }, now: number): Promise<void> {
    const { run, label, subject, question } = this;
    const news = move.waits.filter(({ gate }) => !this.told.has(gate));
    if (news.length === 0) return;
    for (const { gate } of news) this.told.add(gate);
    const { settings, outbox } = run.world;
    const notices = gateNotices(settings.gates, settings.gateChannel, subject, label, news, question, now);
    const names = news.map(({ gate }) => gate).join(", ");
    await run.flow.step(`gates (${label}): tell of ${names}`, () => outbox.put(notices, []), { attempts: 5 });
  }

  /** A question that is settled cannot be answered any more. */
  private async settle(how: "open" | "refused", now: number): Promise<void> {
    const { run, question } = this;
    if (question === undefined) return;
    this.question = undefined;
    await run.change(`settle the question: ${question.of}`, {}, () => [
      run.event("approval.settled", `approval/${question.of}/settled`, { of: question.of, how }, now),
    ]);
  }
}

/** Only what people would want to read: a gate that was open from the beginning is not. */
function isNews(before: GateAnswer | undefined, now: GateAnswer): boolean {
  if (now.is === "open" && now.overridden !== undefined) return before === undefined;
  if (before === undefined) return now.is !== "open";
  return before.is !== now.is || before.because !== now.because;
}
