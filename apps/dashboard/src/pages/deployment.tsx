import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { mayAct } from "../api/session.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Head, Part, Shown } from "../parts/page.js";
import { SearchBox } from "../parts/search.js";
import { When } from "../parts/times.js";
import { linkTo } from "../shell/route.js";
import { useWho } from "../shell/who.js";
import { DeploymentBadge } from "./deployments.js";

/** Logs are no entries of the ledger: they are asked for. */
const everyMs = 5_000;

/** One deployment and what it wrote. */
export function Deployment({ name: id }: { name: string }) {
  const who = useWho();
  const all = useAsked(
    calls.deployments,
    { limit: 100 },
    { when: (news) => "entry" in news && /^(traffic|rollback|release)\./.test(news.entry.kind) },
  );
  const [search, setSearch] = useState("");
  const logs = useAsked(calls.logs, { deployment: id, limit: 1_000 }, { everyMs });
  const one = all.answer?.find((deployment) => deployment.id === id);
  return (
    <>
      <Head title={one?.version ?? id}>
        {one !== undefined && <DeploymentBadge {...one} />}
        {one?.provenAt !== undefined && !one.serving && mayAct(who) && (
          <Act
            label="Roll back to this"
            title={`Point production at ${one.version ?? id}`}
            tone="danger"
            reason={{ label: "Why; kept in the ledger" }}
            act={async (because) => {
              const { release } = await ask(calls.rollback, { to: id, ...(because !== "" && { because }) });
              location.hash = linkTo("releases", release.id);
            }}
          >
            <p>All traffic goes to this deployment at once, and that is proven on every host.</p>
          </Act>
        )}
      </Head>
      {one !== undefined && (
        <p class="muted">
          <code>{id}</code> made <When at={one.createdAt} />
          {one.provenAt !== undefined && (
            <>
              , proven good <When at={one.provenAt} />
            </>
          )}
          {one.release !== undefined && (
            <>
              , by <a href={linkTo("releases", one.release)}>its release</a>
            </>
          )}
          {/^https?:\/\//.test(one.address) && (
            <>
              , at{" "}
              <a href={one.address} target="_blank" rel="noreferrer noopener">
                {one.address}
              </a>
            </>
          )}
        </p>
      )}
      {one?.failure !== undefined && <p class="note">{one.failure}</p>}
      <Part title="Logs" aside={<SearchBox what="the logs" text={search} onText={setSearch} />}>
        <Shown known={logs}>
          {({ lines }) => {
            const words = search.toLowerCase();
            const shown = lines.filter(({ text }) => text.toLowerCase().includes(words));
            return shown.length === 0 ? (
              <p class="muted">{lines.length === 0 ? "It wrote nothing." : "No line has that."}</p>
            ) : (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
              <section class="scroll logs" tabIndex={0} aria-label="Logs">
                <ol>
                  {shown.map(({ at, source, level, text }, i) => (
                    <li key={`${at} ${i}`} data-level={level}>
                      <When at={at} exact /> <span class="muted">{source}</span> {text}
                    </li>
                  ))}
                </ol>
              </section>
            );
          }}
        </Shown>
      </Part>
    </>
  );
}
