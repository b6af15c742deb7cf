import type { LedgerCheck, LedgerEntry } from "@atoms/playbook";
import { useState } from "preact/hooks";
import { ask } from "../api/ask.js";
import { calls } from "../api/calls.js";
import { useAsked } from "../live/use-asked.js";
import { Act } from "../parts/act.js";
import { Badge } from "../parts/badge.js";
import { Head, Part, Shown } from "../parts/page.js";
import { SearchBox } from "../parts/search.js";
import { When } from "../parts/times.js";
import { count } from "../parts/words.js";
import { linkTo } from "../shell/route.js";
import { useWho } from "../shell/who.js";

const page = 300;
const pace = { gatherMs: 300, leastMs: 2_000 };

/** Whether an entry has every word, wherever it stands in it. */
function hasWords(entry: LedgerEntry, search: string): boolean {
  const text = JSON.stringify([
    entry.kind,
    entry.actor.name,
    entry.release,
    entry.data,
    entry.key,
  ]).toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The record of everything that happened. */
export function Ledger({ query }: { query: URLSearchParams }) {
  const { environment, environments } = useWho();
  const where = environments.includes("*") ? {} : { environment };
  const [search, setSearch] = useState(query.get("search") ?? "");
  const [older, setOlder] = useState<LedgerEntry[]>([]);
  const [end, setEnd] = useState(false);
  const [check, setCheck] = useState<LedgerCheck>();
  const known = useAsked(calls.ledger, { ...where, limit: page }, { when: (news) => "entry" in news, pace });
  const newest = known.answer ?? [];
  const first = older[0]?.seq ?? newest[0]?.seq;
  const more = async () => {
    if (first === undefined) return;
    const found = await ask(calls.ledger, { ...where, after: Math.max(0, first - 1 - 1_000), limit: 1_000 });
    const before = found.filter(({ seq }) => seq < first);
    setOlder([...before, ...older]);
    setEnd(first <= 1_001);
  };
  // What was loaded of old and what is new may overlap, or leave no gap: entries are known by their place.
  const all = [...new Map([...older, ...newest].map((entry) => [entry.seq, entry])).values()];
  const shown = all.filter((entry) => hasWords(entry, search)).toSorted((a, b) => b.seq - a.seq);
  return (
    <>
      <Head title="Ledger">
        {environments.includes("*") && (
          <Act
            label="Verify"
            title="Verify the whole chain"
            act={async () => setCheck(await ask(calls.verifyLedger, {}))}
          >
            <p>Every entry's hash is reckoned anew. A large ledger takes a while.</p>
          </Act>
        )}
      </Head>
      {check !== undefined && (
        <p role="status">
          {check.intact ? (
            <Badge tone="good">intact: {count(check.entries)} entries, none changed, removed or put in</Badge>
          ) : (
            <Badge tone="bad">
              broken at entry {check.brokenAt}: {check.because}
            </Badge>
          )}
        </p>
      )}
      <Part
        title={`${count(shown.length)} of ${count(all.length)} entries that were read`}
        aside={<SearchBox what="what was read" text={search} onText={setSearch} />}
      >
        <Shown known={known}>
          {() => (
            <ol class="log entries">
              {shown.map((entry) => (
                <Entry key={entry.seq} entry={entry} />
              ))}
            </ol>
          )}
        </Shown>
        {!end && first !== undefined && first > 1 && (
          <p class="row">
            <button type="button" onClick={() => void more()}>
              Read older ones
            </button>
          </p>
        )}
      </Part>
    </>
  );
}

function Entry({ entry }: { entry: LedgerEntry }) {
  const { seq, at, kind, actor, release, environment, data, hash } = entry;
  return (
    <li>
      <span class="muted">
        {seq} <When at={at} />
      </span>
      <span class="kind">{kind}</span>
      <details>
        <summary>
          {actor.name} <span class="muted">by {actor.via}</span>
          {release !== undefined && <span class="muted"> · {release}</span>}
        </summary>
        <pre>{JSON.stringify({ environment, ...data }, null, 2)}</pre>
        {release !== undefined && (
          <p>
            <a href={linkTo("releases", release)}>The release</a>
          </p>
        )}
        <p class="muted">
          <code>{hash}</code>
        </p>
      </details>
    </li>
  );
}
