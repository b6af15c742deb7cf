import { calls } from "../api/calls.js";
import { useAsked } from "../live/use-asked.js";
import { Badge } from "../parts/badge.js";
import { Head, Part, Shown } from "../parts/page.js";
import { Scroll } from "../parts/scroll.js";

/** The playbook as the control plane reads it; secrets are hidden before they leave it. */
export function Settings() {
  const known = useAsked(calls.settings, {});
  return (
    <>
      <Head title="Settings" />
      <Shown known={known}>
        {({ file, text, service, environment, platform, settings, notConfigured }) => (
          <>
            <p class="muted">
              {service} to {environment} on {platform}, by <code>{file}</code> as it stands now. It is changed
              in the file.
            </p>
            {notConfigured.length > 0 && (
              <Part title="Not set up" aside={<Badge tone="warn">{notConfigured.length}</Badge>}>
                <ul>
                  {notConfigured.map(({ part, message }) => (
                    <li key={part}>
                      <code>{part}</code> {message}
                    </li>
                  ))}
                </ul>
              </Part>
            )}
            <Part title="The file">
              <Block name="The file">{text}</Block>
            </Part>
            <Part title="Every setting, with what was left out">
              <details>
                <summary>Show all</summary>
                <Block name="Every setting">{JSON.stringify(settings, null, 2)}</Block>
              </details>
            </Part>
          </>
        )}
      </Shown>
    </>
  );
}

function Block({ name, children }: { name: string; children: string }) {
  return (
    <Scroll name={name}>
      <pre>{children}</pre>
    </Scroll>
  );
}
