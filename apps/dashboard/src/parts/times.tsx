import { useEffect, useState } from "preact/hooks";
import { ago, duration } from "./words.js";

/** The time in milliseconds since the epoch, again every so many milliseconds. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}

const utc = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** What writes moments down is made when the first one is written: making it takes a browser longer than all the rest of a page. */
const writing = (options: Intl.DateTimeFormatOptions) => {
  let made: Intl.DateTimeFormat | undefined;
  return (at: number) => {
    made ??= new Intl.DateTimeFormat(undefined, options);
    return made.format(at);
  };
};
const clock = writing({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = writing({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const dated = writing({
  weekday: "short",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

/** A moment in the viewer's zone; UTC is told on hover. @param exact To the second, of today. @param weekday With its weekday. */
export function When({
  at,
  exact = false,
  weekday = false,
}: {
  at: number;
  exact?: boolean;
  weekday?: boolean;
}) {
  return (
    <time dateTime={new Date(at).toISOString()} title={utc(at)}>
      {(exact ? clock : weekday ? dated : day)(at)}
    </time>
  );
}

/** How long ago a moment is. */
export function Ago({ at }: { at: number }) {
  const now = useNow(10_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={utc(at)}>
      {ago(at, now)}
    </time>
  );
}

/** Counts up from a moment. */
export function Since({ at }: { at: number }) {
  const now = useNow();
  return <span>{duration(Math.max(0, now - at))}</span>;
}

/** Counts down to a moment; nothing when it is over. */
export function Until({ at }: { at: number }) {
  const now = useNow();
  return <span title={utc(at)}>{at > now ? duration(at - now) : "no time"}</span>;
}
