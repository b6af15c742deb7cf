import { useState } from "preact/hooks";
import type { Who } from "../api/session.js";
import type { FeedState } from "../live/feed.js";
import { places } from "./places.js";
import { showTheme, type Theme, themeKept, themes } from "./theme.js";

const feedWords: Record<FeedState, string> = {
  connecting: "Connecting…",
  live: "Live",
  lost: "Not live: connecting again…",
};

/** The navigation: beside the page, or above it on a phone. */
export function Menu({
  page,
  who,
  feedState,
  leave,
  help,
}: {
  page: string;
  who: Who;
  feedState: FeedState;
  leave(): void;
  help(): void;
}) {
  const [open, setOpen] = useState(false);
  const [theme, setTheme] = useState<Theme>(themeKept());
  return (
    <header class="menu" data-open={open}>
      <div class="brand">
        <a href="#/" class="name">
          <Mark /> {who.service}
        </a>
        <span class="muted">{who.environment}</span>
        <span class="feed" data-state={feedState} role="status">
          {feedWords[feedState]}
        </span>
        <button
          type="button"
          class="plain unfold"
          aria-expanded={open}
          aria-controls="places"
          onClick={() => setOpen(!open)}
        >
          Menu
        </button>
      </div>
      <nav id="places" aria-label="Pages">
        <ul>
          {places
            .filter(({ key }) => key !== undefined)
            .map((place) => (
              <li key={place.page}>
                <a
                  href={`#/${place.page}`}
                  {...(place.page === page ? { "aria-current": "page" as const } : {})}
                  onClick={() => setOpen(false)}
                >
                  {place.title}
                </a>
              </li>
            ))}
        </ul>
      </nav>
      <div class="self">
        <p>
          {who.name}
          <br />
          <span class="muted">{who.role}</span>
        </p>
        <label>
          <span>Colours</span>
          <select
            value={theme}
            onChange={({ currentTarget }) => {
              const next = themes.find((one) => one === currentTarget.value) ?? "system";
              setTheme(next);
              showTheme(next);
            }}
          >
            {themes.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="plain" onClick={help}>
          Keys
        </button>
        <button type="button" class="plain" onClick={leave}>
          Sign out
        </button>
      </div>
    </header>
  );
}

const Mark = () => (
  <svg
    viewBox="0 0 32 32"
    width="22"
    height="22"
    fill="none"
    stroke="currentColor"
    stroke-width="2.2"
    aria-hidden="true"
  >
    <ellipse cx="16" cy="16" rx="13" ry="5.4" />
    <ellipse cx="16" cy="16" rx="13" ry="5.4" transform="rotate(60 16 16)" />
    <ellipse cx="16" cy="16" rx="13" ry="5.4" transform="rotate(120 16 16)" />
    <circle cx="16" cy="16" r="2.6" fill="currentColor" stroke="none" />
  </svg>
);
