import type { Release } from "@atoms/playbook";
import { useEffect, useState } from "preact/hooks";
import { calls } from "../../api/calls.js";
import { mayAct } from "../../api/session.js";
import type { News } from "../../live/feed.js";
import { useAsked, useLine } from "../../live/use-asked.js";
import { ReleaseBadge } from "../../parts/badge.js";
import { Head, Part, Shown } from "../../parts/page.js";
import { ProblemNote } from "../../parts/problem-note.js";
import { Since, When } from "../../parts/times.js";
import { duration } from "../../parts/words.js";
import { linkTo } from "../../shell/route.js";
import { useWho } from "../../shell/who.js";
import { CanaryPart } from "./canary.js";
import { Decisions, Findings } from "./decisions.js";
import { EndRelease, RollBack } from "./end-release.js";
import { Doing, Phases } from "./phases.js";
import { QuestionPart } from "./question.js";
import { Split } from "./split.js";

/** A canary's whole evidence is reckoned anew for each report, so that they are asked for with more time between. */
const pace = { gatherMs: 150, leastMs: 1_000 };

/** One release, while it runs and afterwards. */
export function ReleasePage({ name: id }: { name: string }) {
  const line = useLine();
  const who = useWho();
  const ofIt = (news: News) => "entry" in news && news.entry.release === id;
  const known = useAsked(calls.report, { release: id }, { when: ofIt, pace });
  const [told, setTold] = useState<Release>();
  useEffect(
    () =>
      line.feed.listen((news) => {
        if ("release" in news && news.release.id === id) setTold(news.release);
      }),
    [line, id],
  );
  const reported = known.answer?.release;
  // What the stream tells is newer than a report of a release that runs still, and older than its end.
  const release = reported?.state === "running" && told?.id === id ? told : reported;
  const running = release?.state === "running";
  const question = useAsked(
    calls.question,
    { release: id },
    {
      when: (news) =>
        ofIt(news) && "entry" in news && /^(approval|contract|release|gate)\./.test(news.entry.kind),
      not: !running,
    },
  );
  return (
    <>
      <Head title={release === undefined ? id : `${release.version}`}>
        {release !== undefined && (
          <>
            <ReleaseBadge of={release} />
            {running && mayAct(who) && <EndRelease release={release} />}
            {release.state === "released" && release.strategy !== "group" && mayAct(who) && (
              <RollBack
                serving={release.candidate?.id}
                started={(made) => (location.hash = linkTo("releases", made))}
              />
            )}
          </>
        )}
      </Head>
      <Shown known={known}>
        {(report) => {
          const now = release ?? report.release;
          return (
            <>
              <p class="muted">
                {now.strategy} to {now.environment} on {now.platform}, started by {now.startedBy.name}{" "}
                <When at={now.startedAt} />,{" "}
                {running ? (
                  <>
                    running for <Since at={now.startedAt} />
                  </>
                ) : (
                  `took ${duration(report.took)}`
                )}{" "}
                <code>{now.id}</code>
              </p>
              {now.because !== undefined && now.problem === undefined && <p>{now.because}</p>}
              {now.problem !== undefined && <ProblemNote problem={now.problem} />}
              {running && now.activity !== undefined && <Doing activity={now.activity} />}
              {running && question.answer !== undefined && (
                <QuestionPart release={now} open={question.answer} answered={question.again} />
              )}
              <Split release={now} />
              <Part title="Phases">
                <Phases release={now} phases={report.phases} />
              </Part>
              {report.rollback !== undefined && (
                <Part title="Taken back">
                  <p>
                    {report.rollback.by}: {report.rollback.because}
                    {report.rollback.to !== undefined && (
                      <>
                        {" "}
                        Back to <code>{report.rollback.to}</code>
                        {report.rollback.ms !== undefined && `, proven in ${duration(report.rollback.ms)}`}.
                      </>
                    )}
                  </p>
                </Part>
              )}
              {report.canary !== undefined && <CanaryPart canary={report.canary} />}
              <Findings findings={report.findings} />
              <Decisions report={report} />
              {report.links.length > 0 && (
                <Part title="Addresses">
                  <ul>
                    {report.links.map(({ what, url }) => (
                      <li key={what}>
                        {what}:{" "}
                        <a href={url} target="_blank" rel="noreferrer noopener">
                          {url}
                        </a>
                      </li>
                    ))}
                  </ul>
                </Part>
              )}
            </>
          );
        }}
      </Shown>
    </>
  );
}
