import type { Attempt, Letter, Mail } from "@atoms/playbook";
import type { SendMailOptions, Transporter } from "nodemailer";

/** `originalCode` is the connection's own, which the mailer puts aside. */
type SmtpError = Error & { code?: string; originalCode?: string; responseCode?: number; command?: string };

/**
 * Sends letters over SMTP, one connection each: notices are few, and a server that was restarted meanwhile is no trouble.
 * @param options.ca Certificates to trust besides those of the system, in PEM.
 */
export function smtpMail(options: { ca?: string } = {}): Mail {
  return {
    async send(letter, server, signal) {
      // Loaded when the first letter is sent: most commands send none.
      const { createTransport } = await import("nodemailer");
      const transport = createTransport({
        host: server.host,
        port: server.port,
        secure: server.security === "tls",
        requireTLS: server.security === "starttls",
        ignoreTLS: server.security === "none",
        tls: { minVersion: "TLSv1.2", ...(options.ca === undefined ? {} : { ca: options.ca }) },
        connectionTimeout: server.timeoutMs,
        greetingTimeout: server.timeoutMs,
        socketTimeout: server.timeoutMs,
        dnsTimeout: server.timeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
        ...(server.login === undefined
          ? {}
          : { auth: { user: server.login.username, pass: server.login.password } }),
      });
      const stop = AbortSignal.any([
        AbortSignal.timeout(server.timeoutMs),
        ...(signal === undefined ? [] : [signal]),
      ]);
      try {
        return await sent(transport, letter, stop);
      } finally {
        transport.close();
      }
    },
  };
}

async function sent(transport: Transporter, letter: Letter, stop: AbortSignal): Promise<Attempt> {
  const reference = letter.inReplyTo === undefined ? undefined : `<${letter.inReplyTo}>`;
  const message: SendMailOptions = {
    from: letter.from,
    to: [...letter.to],
    subject: letter.subject,
    text: letter.text,
    messageId: `<${letter.messageId}>`,
    ...(reference === undefined ? {} : { inReplyTo: reference, references: reference }),
    headers: { "Auto-Submitted": "auto-generated" },
  };
  const stopped = new Promise<"stopped">((resolve) => {
    if (stop.aborted) resolve("stopped");
    stop.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  try {
    const result = await Promise.race([transport.sendMail(message), stopped]);
    if (result === "stopped")
      return { sent: false, retry: true, because: "the mail server did not answer in time", silent: true };
    const code = /^\d{3}/.exec(String(result.response))?.[0];
    const refused = (result.rejected ?? []).length;
    const saw = `status ${code ?? "unknown"}, ${(result.accepted ?? []).length} accepted, ${refused} refused`;
    return refused > 0
      ? { sent: true, saw, because: `the mail server refused ${refused} of ${letter.to.length} receivers` }
      : { sent: true, saw };
  } catch (error) {
    return refusalOf(error as SmtpError);
  }
}

/**
 * Reads an error by its codes alone: the server's own words may quote an address or a login. A status that begins with
 * 4 is worth another try, as RFC 5321 has it.
 */
function refusalOf({ code, originalCode, responseCode, command }: SmtpError): Attempt {
  const cause = originalCode ?? code ?? "";
  const status = responseCode === undefined ? {} : { saw: `status ${responseCode}` };
  const failed = (because: string, retry: boolean, silent = false): Attempt => ({
    sent: false,
    retry,
    because,
    ...status,
    ...(silent ? { silent } : {}),
  });
  if (code === "ETLS")
    return failed("the mail server offers no encryption, or none that can be trusted", false);
  if (code === "EAUTH" && responseCode !== undefined && responseCode < 500)
    return failed(`the mail server put the login off with ${responseCode}`, true);
  if (code === "EAUTH")
    return failed(
      `the mail server refused the login${responseCode === undefined ? "" : ` with ${responseCode}`}`,
      false,
    );
  if (responseCode !== undefined) {
    const at = /^[A-Z]{4,8}/.exec(command ?? "")?.[0];
    return failed(
      `the mail server answered ${responseCode}${at === undefined ? "" : ` to ${at}`}`,
      responseCode < 500,
    );
  }
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|SSL/.test(cause))
    return failed("the mail server's certificate can't be trusted", false);
  const why: Record<string, string> = {
    ECONNREFUSED: "refused",
    ETIMEDOUT: "time-out",
    ENOTFOUND: "name not found",
    EDNS: "name not found",
  };
  const known = why[cause] ?? "cut";
  return failed(`the mail server did not answer: ${known}`, true, true);
}
