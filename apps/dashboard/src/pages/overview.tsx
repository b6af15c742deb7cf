import type { OutputOf, status } from "@atoms/control-plane";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import { useAsked } from "../live/use-asked.js";
import { Badge, ReleaseBadge, StandingBadge } from "../parts/badge.js";
import { Head, Part, Shown } from "../parts/page.js";
import { ProblemNote } from "../parts/problem-note.js";
import { Table } from "../parts/table.js";
import { Ago, Since, When } from "../parts/times.js";
import { duration, percent, some } from "../parts/words.js";
import { linkTo } from "../shell/route.js";
import { useWho } from "../shell/who.js";
import { EndRelease, RollBack } from "./release/end-release.js";
import { Doing } from "./release/phases.js";
import { Split } from "./release/split.js";

type Status = OutputOf<typeof status>;

/** Production is asked by `status`, host by host: not for every entry of the ledger. */
const pace = { gatherMs: 150, leastMs: 1_500 };
const everyMs = 15_000;

/** Kinds of entries that come often and change nothing here. */
const quiet = /^(analysis|check|act|session|link|token)\./;

/** What serves, what is under way, what is wrong. */
export function Overview() {
  const known = useAsked(
    calls.status,
    {},
    { when: (news) => "release" in news || ("entry" in news && !quiet.test(news.entry.kind)), everyMs, pace },
  );
  return (
    <>
      <Head title="Overview" />
      <Shown known={known}>
        {(status) => (
          <div class="cards">
            <Production status={status} />
            <UnderWay status={status} />
            <Trouble status={status} />
            <Watching status={status} />
            <Past status={status} />
          </div>
        )}
      </Shown>
    </>
  );
}

function Production({ status: { production, running, past, platform } }: { status: Status }) {
  const who = useWho();
  if ("unknown" in production)
    return (
      <Part title="Production" aside={<Badge tone="warn">unknown</Badge>}>
        <ProblemNote problem={production.unknown} />
      </Part>
    );
  const { deployment, hosts, moving, autoAssign } = production;
  const wrong = hosts.filter(({ right }) => !right);
  return (
    <Part
      title="Production"
      aside={
        deployment === undefined ? (
          <Badge tone="calm">nothing served</Badge>
        ) : wrong.length > 0 ? (
          <Badge tone="bad">
            {wrong.length} of {hosts.length} hosts wrong
          </Badge>
        ) : (
          <Badge tone="good">proven just now</Badge>
        )
      }
    >
      {deployment === undefined ? (
        <p>
          Nothing was ever released here. <code>atoms deploy</code> does it.
        </p>
      ) : (
        <>
          <p class="big">{deployment.version ?? deployment.id}</p>
          <p class="muted">
            <a href={linkTo("deployments", deployment.id)}>{deployment.id}</a> on {platform}, made{" "}
            <Ago at={deployment.createdAt} />
          </p>
        </>
      )}
      {moving !== undefined && (
        <p>
          The platform moves traffic to <code>{moving.to}</code> ({moving.kind}).
        </p>
      )}
      {hosts.length > 0 && (
        <ul class="hosts">
          {hosts.map(({ host, right, saw }) => (
            <li key={host}>
              <Badge tone={right ? "good" : "bad"}>{host.replace(/^https?:\/\//, "")}</Badge> {!right && saw}
            </li>
          ))}
        </ul>
      )}
      {autoAssign && deployment !== undefined && (
        <p class="note">New production builds take traffic by themselves, past every check.</p>
      )}
      {deployment !== undefined && running === undefined && past.length > 0 && mayAct(who) && (
        <p>
          <RollBack serving={deployment.id} started={(id) => (location.hash = linkTo("releases", id))} />
        </p>
      )}
    </Part>
  );
}

function UnderWay({ status: { running, groups } }: { status: Status }) {
  const who = useWho();
  return (
    <Part title="Under way">
      {running === undefined && groups.length === 0 && <p class="muted">No release runs.</p>}
      {running !== undefined && (
        <>
          <p class="big">
            <a href={linkTo("releases", running.release.id)}>{running.release.version}</a>{" "}
            <ReleaseBadge of={running.release} />
          </p>
          <p>
            {running.release.strategy}, phase <strong>{running.release.phase}</strong>, for{" "}
            <Since at={running.release.startedAt} />, started by {running.release.startedBy.name}
          </p>
          {!running.worked && <p class="note">No process works on it now. `atoms up` goes on with it.</p>}
          {running.stuck !== undefined && <ProblemNote problem={running.stuck} />}
          {running.release.activity !== undefined && <Doing activity={running.release.activity} />}
          <Split release={running.release} />
          <p class="row">
            <a class="button" href={linkTo("releases", running.release.id)}>
              Look at it
            </a>
            {mayAct(who) && <EndRelease release={running.release} />}
          </p>
        </>
      )}
      {groups.map(({ release, members }) => (
        <div key={release.id}>
          <p>
            Group <strong>{release.service}</strong> <ReleaseBadge of={release} />
          </p>
          <ol>
            {members.map((member) => (
              <li key={member.id}>
                {member.service} {member.release !== undefined && <ReleaseBadge of={member.release} />}
              </li>
            ))}
          </ol>
        </div>
      ))}
    </Part>
  );
}

function Trouble({ status: { alerts, incidents, notices } }: { status: Status }) {
  const calm = alerts.firing.length === 0 && incidents.length === 0 && notices.dead === 0;
  return (
    <Part title="Trouble" aside={calm ? <Badge tone="good">none</Badge> : <Badge tone="bad">look</Badge>}>
      {incidents.length > 0 && (
        <ul>
          {incidents.map(({ id, severity, title, openedAt }) => (
            <li key={id}>
              <strong>{severity}</strong> <a href={linkTo("incidents", id)}>{title}</a>{" "}
              <span class="muted">
                open for <Since at={openedAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {alerts.firing.length > 0 && (
        <ul>
          {alerts.firing.map(({ id, summary, severity, firedAt, activeAt }) => (
            <li key={id}>
              <strong>{severity}</strong> <a href="#/alerts">{summary}</a>{" "}
              <span class="muted">
                since <When at={firedAt ?? activeAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <p class="muted">
        {some(alerts.rules, "rule")}
        {alerts.evaluatedAt !== undefined && (
          <>
            , evaluated <Ago at={alerts.evaluatedAt} />
          </>
        )}
        {alerts.blind > 0 && `, ${alerts.blind} of them can never fire`}.
        {notices.waiting > 0 && ` To be sent: ${some(notices.waiting, "notice")}.`}
        {notices.dead > 0 && ` Not delivered: ${some(notices.dead, "notice")}.`}
      </p>
    </Part>
  );
}

function Watching({ status: { monitors } }: { status: Status }) {
  return (
    <Part title="Monitors" aside={<a href="#/monitors">all</a>}>
      {monitors.length === 0 ? (
        <p class="muted">The playbook has none.</p>
      ) : (
        <ul class="hosts">
          {monitors.map(({ name, standing, stale, upShare }) => (
            <li key={name}>
              <a href={linkTo("monitors", name)}>{name}</a>{" "}
              <StandingBadge standing={standing} stale={stale} />{" "}
              {upShare !== undefined && <span class="muted">up {percent(upShare)} of a day</span>}
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

function Past({ status: { past } }: { status: Status }) {
  return (
    <Part title="Last releases" aside={<a href="#/releases">all</a>}>
      <Table
        name="Last releases"
        rows={past}
        keyOf={({ id }) => id}
        none="There was none yet."
        columns={[
          { head: "Version", of: ({ id, version }) => <a href={linkTo("releases", id)}>{version}</a> },
          { head: "Outcome", of: (release) => <ReleaseBadge of={release} /> },
          { head: "When", of: ({ startedAt }) => <Ago at={startedAt} /> },
          {
            head: "Took",
            number: true,
            of: ({ startedAt, endedAt }) => (endedAt === undefined ? "" : duration(endedAt - startedAt)),
          },
        ]}
      />
    </Part>
  );
}
