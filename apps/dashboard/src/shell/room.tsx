import type { ProblemData } from "@atoms/playbook";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { problemOf } from "../api/ask.js";
import { signOut, type Who } from "../api/session.js";
import { type Feed, type FeedState, openFeed } from "../live/feed.js";
import { LineContext } from "../live/use-asked.js";
import { Dialog } from "../parts/dialog.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useKeyboard } from "./keyboard.js";
import { useLate } from "./late.js";
import { Menu } from "./menu.js";
import { others, places } from "./places.js";
import type { Route } from "./route.js";
import { useRoute } from "./use-route.js";
import { WhoContext } from "./who.js";

/** The room behind the door: navigation beside, the page in it. */
export function Room({ who, left }: { who: Who; left(problem?: ProblemData): void }) {
  const route = useRoute();
  const [feed] = useState(openFeed);
  useEffect(() => () => feed.close(), [feed]);
  const line = useMemo(() => ({ feed, lost: () => left(sessionOver) }), [feed]);
  const [help, setHelp] = useState(false);
  useKeyboard(
    (key) => {
      const place = places.find((one) => one.key === key);
      if (place !== undefined) location.hash = `#/${place.page}`;
    },
    () => setHelp(true),
  );
  const leave = async () => {
    try {
      await signOut();
      left();
    } catch (error) {
      left(problemOf(error));
    }
  };
  return (
    <WhoContext.Provider value={who}>
      <LineContext.Provider value={line}>
        <button type="button" class="skip" onClick={toMain}>
          To the page
        </button>
        <Menu
          page={route.page}
          who={who}
          feedState={useFeedState(feed)}
          leave={leave}
          help={() => setHelp(true)}
        />
        <Page route={route} />
        {help && <Keys close={() => setHelp(false)} />}
      </LineContext.Provider>
    </WhoContext.Provider>
  );
}

const sessionOver: ProblemData = {
  code: "ATM-910",
  title: "The session is over",
  happened: "It has expired, or somebody ended it.",
  fix: "Type `atoms dashboard` for a new link.",
  ending: "refused",
};

/** When the other pages are fetched if nobody wants one, in milliseconds: the first one has the line for itself, and a control plane that goes away
 * later takes no page with it. */
const fetchOthersMs = 3_000;

const toMain = () => document.querySelector<HTMLElement>("main h1")?.focus();

function Page({ route }: { route: Route }) {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const { page, name, query } = route;
  const place = places.find((one) => one.page === page);
  const First = place?.first;
  const known = place !== undefined;
  const where = `${page}/${name ?? ""}`;
  const { loaded, problem } = useLate(others, known && First === undefined ? where : undefined);
  const One = loaded && place?.one?.(loaded);
  const All = loaded && place?.all?.(loaded);
  const shown = First !== undefined || loaded !== undefined;
  useEffect(() => {
    document.title = `${name ?? place?.title ?? "Not found"} · Atoms`;
    scrollTo(0, 0);
  }, [where]);
  useEffect(() => {
    // Whoever hears the page instead of seeing it is told where they are now.
    if (!first.current) main.current?.querySelector<HTMLElement>("h1")?.focus();
    if (shown) first.current = false;
  }, [where, shown]);
  useEffect(() => {
    const timer = window.setTimeout(() => others.fetch().catch(() => {}), fetchOthersMs);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <main id="main" ref={main} key={where}>
      {First !== undefined ? (
        <First />
      ) : One !== undefined && name !== undefined ? (
        <One name={name} query={query} />
      ) : All !== undefined ? (
        <All query={query} {...(name !== undefined && { name })} />
      ) : known ? (
        <>
          <h1 tabIndex={-1}>{name ?? place.title}</h1>
          {problem === undefined ? <p class="muted">Reading…</p> : <ProblemNote problem={problem} />}
        </>
      ) : (
        <>
          <h1 tabIndex={-1}>Nothing is here</h1>
          <p>
            There is no page of that address. <a href="#/">The overview</a> is a good place to go on.
          </p>
        </>
      )}
    </main>
  );
}

function useFeedState(feed: Feed): FeedState {
  const [state, setState] = useState(feed.state);
  useEffect(() => feed.watch(() => setState(feed.state)), [feed]);
  return state;
}

function Keys({ close }: { close(): void }) {
  return (
    <Dialog title="Keys" close={close}>
      <table>
        <tbody>
          {places
            .filter(({ key }) => key !== undefined)
            .map(({ key, title, page }) => (
              <tr key={page}>
                <td>
                  <kbd>g</kbd> <kbd>{key}</kbd>
                </td>
                <td>{title}</td>
              </tr>
            ))}
          <tr>
            <td>
              <kbd>/</kbd>
            </td>
            <td>Search on this page</td>
          </tr>
          <tr>
            <td>
              <kbd>?</kbd>
            </td>
            <td>This list</td>
          </tr>
          <tr>
            <td>
              <kbd>Esc</kbd>
            </td>
            <td>Close what is open</td>
          </tr>
        </tbody>
      </table>
    </Dialog>
  );
}
