import type { listMaintenance, OutputOf, previewMaintenance } from "@atoms/control-plane";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import { type Known, useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge, type Tone } from "../parts/badge.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Table } from "../parts/table.js";
import { Ago, Since, Until, When } from "../parts/times.js";
import { duration } from "../parts/words.js";
import { useWho } from "../shell/who.js";

type Maintenance = OutputOf<typeof listMaintenance>[number];

const tones: Readonly<Record<Maintenance["state"], Tone>> = {
  closing: "busy",
  closed: "busy",
  working: "busy",
  opening: "busy",
  "kept closed": "bad",
  done: "good",
  failed: "bad",
};
const isOver = ({ state }: Maintenance) => state === "done" || state === "failed";

/** The maintenance under way, the windows to come, and what there was. */
export function MaintenancePage() {
  const known = useAsked(
    calls.maintenance,
    { all: true, limit: 20 },
    { when: (news) => "entry" in news && news.entry.kind.startsWith("maintenance."), everyMs: 30_000 },
  );
  const windows = useAsked(calls.windows, { count: 20 }, { everyMs: 60_000 });
  return (
    <>
      <Head title="Maintenance" />
      <Shown known={known}>
        {(all) => (
          <>
            <Part title="Under way">
              {all.every(isOver) ? (
                <p class="muted">
                  The service is open. <code>atoms maintenance start</code> closes it for work.
                </p>
              ) : (
                all
                  .filter((one) => !isOver(one))
                  .map((one) => <UnderWay key={one.id} maintenance={one} acted={known.again} />)
              )}
            </Part>
            <Calendar known={windows} />
            <Part title="Past">
              <Table
                name="Past maintenance"
                rows={all.filter(isOver)}
                keyOf={({ id }) => id}
                none="There was none yet."
                columns={[
                  { head: "Began", of: ({ startedAt }) => <When at={startedAt} /> },
                  { head: "What for", of: ({ because }) => because },
                  { head: "Ended", of: ({ state }) => <Badge tone={tones[state]}>{state}</Badge> },
                  {
                    head: "Took",
                    number: true,
                    of: ({ startedAt, endedAt }) =>
                      endedAt === undefined ? "" : duration(endedAt - startedAt),
                  },
                  { head: "By", of: ({ startedBy }) => startedBy.name },
                  { head: "Because", of: ({ problem }) => problem?.happened ?? "" },
                ]}
              />
            </Part>
          </>
        )}
      </Shown>
    </>
  );
}

function UnderWay({ maintenance, acted }: { maintenance: Maintenance; acted(): void }) {
  const who = useWho();
  const { state, because, startedAt, startedBy, until, closed, tasks, done, kept, endAsked, untold } =
    maintenance;
  return (
    <>
      <p class="big">
        {because} <Badge tone={tones[state]}>{state}</Badge>
      </p>
      <p>
        Begun by {startedBy.name} <When at={startedAt} />, for <Since at={startedAt} />. It is lifted at the
        latest <When at={until} />, in <Until at={until} />.
      </p>
      {closed !== undefined && (
        <p class="muted">
          Proven closed on {closed.hosts.join(", ")} after {duration(closed.ms)}.
        </p>
      )}
      {untold !== undefined && <p class="note">Later deployments could not be told: {untold}</p>}
      {kept !== undefined && (
        <p class="note">
          Still closed, since <When at={kept.since} />: {kept.because}
        </p>
      )}
      {tasks.length > 0 && (
        <Table
          name="Tasks"
          rows={tasks}
          keyOf={(task) => task}
          none=""
          columns={[
            { head: "Task", of: (task) => task },
            {
              head: "How it stands",
              of: (task) => {
                const its = done.find((one) => one.task === task);
                return its === undefined ? (
                  <span class="muted">not done yet</span>
                ) : (
                  <>
                    <Badge tone={its.outcome === "done" ? "good" : its.outcome === "failed" ? "bad" : "calm"}>
                      {its.outcome}
                    </Badge>{" "}
                    {its.saw}
                  </>
                );
              },
            },
          ]}
        />
      )}
      {endAsked !== undefined && (
        <p class="muted">
          {endAsked.by} asked it to end <Ago at={endAsked.at} />.
        </p>
      )}
      {mayAct(who) && (
        <p class="row">
          <Act
            label="End it"
            title="End this maintenance"
            tone="primary"
            reason={{ label: "Why it is to be opened even if it is not found well (may stay empty)" }}
            act={(anyway) => ask(calls.endMaintenance, anyway === "" ? {} : { anyway })}
            done={acted}
          >
            <p>Every host is looked at, and the service is opened when all are well.</p>
          </Act>
        </p>
      )}
    </>
  );
}

function Calendar({ known }: { known: Known<OutputOf<typeof previewMaintenance>> }) {
  return (
    <Part title="Calendar" aside={<span class="muted">in your zone; UTC on hover</span>}>
      <Shown known={known}>
        {(windows) => (
          <Table
            name="Windows to come"
            rows={windows}
            keyOf={({ name, startsAt }) => `${name}${startsAt}`}
            none={
              <>
                No window is planned: the playbook has no <code>maintenance.windows</code>.
              </>
            }
            columns={[
              { head: "Begins", of: ({ startsAt }) => <When at={startsAt} weekday /> },
              { head: "Over at the latest", of: ({ endsAt }) => <When at={endsAt} /> },
              { head: "From now", of: ({ startsAt }) => <Ago at={startsAt} /> },
              { head: "Window", of: ({ name }) => name },
              { head: "What for", of: ({ because }) => because },
              { head: "Tasks", of: ({ tasks }) => tasks.join(", ") || "none" },
              { head: "By the clocks of", of: ({ zone }) => zone },
            ]}
          />
        )}
      </Shown>
    </Part>
  );
}
