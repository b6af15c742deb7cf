/** What a list is searched by; the key "/" leads there. @param what What is searched, for those who hear the page. */
export const SearchBox = ({
  what,
  text,
  onText,
}: {
  what: string;
  text: string;
  onText(text: string): void;
}) => (
  <label>
    <span class="hidden">Search {what}</span>
    <input
      type="search"
      placeholder="Search ( / )"
      value={text}
      onInput={({ currentTarget }) => onText(currentTarget.value)}
    />
  </label>
);
