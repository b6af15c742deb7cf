import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A self-made pair for loopback, used by tests and nowhere else. Good for a hundred years. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgr+nZAN5A5Ii3+qGQ
uwtFHmH0JuBd4roCXQxXWxawdzShRANCAAQXHSFyR6U6UzQHLU3XlUqEzg50/a3r
gn34xJ0UP/5268nfZ0fqVF/IN9hLxiU6hoQR2VH5jo4t5WtLZEGogUoY
-----END PRIVATE KEY-----
`;
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUS+J6XlOElehMvpylcO5XabL9XIowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNzE3NTQxMFoYDzIxMjYxMTAz
MTc1NDEwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQXHSFyR6U6UzQHLU3XlUqEzg50/a3rgn34xJ0UP/5268nfZ0fqVF/I
N9hLxiU6hoQR2VH5jo4t5WtLZEGogUoYo28wbTAdBgNVHQ4EFgQUZsE64yFsr1Hk
kvui8QRcA06V6oQwHwYDVR0jBBgwFoAUZsE64yFsr1Hkkvui8QRcA06V6oQwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgJVCrFKX21bD2xNfa8dkE4kpdDB0IpkRyOfndcRAuMcECIEhE
XlfBpCb24ZSEA3heF3XGrJcksJ4sAN+IOv9fZDci
-----END CERTIFICATE-----
`;

/** A real mail server on loopback, and what it was given. */
export async function mailServer(options: SMTPServerOptions = {}) {
  const letters: { from: string; to: string[]; raw: string; encrypted: boolean; user: string | undefined }[] =
    [];
  const server = new SMTPServer({
    key,
    cert: certificate,
    authOptional: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === "atoms" && password === "right") done(null, { user: username });
      else done(Object.assign(new Error(`no: ${username}/${password}`), { responseCode: 535 }));
    },
    onData: (stream, session, done) => {
      let raw = "";
      stream.on("data", (part: Buffer) => {
        raw += part.toString("utf8");
      });
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        letters.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw,
          encrypted: session.secure,
          user: session.user as string | undefined,
        });
        done(null);
      });
    },
    ...options,
  });
  // A client that turns away at the certificate is an error of the connection, and no trouble here.
  server.on("error", () => undefined);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  const { port } = server.server.address() as AddressInfo;
  return { port, letters, close: () => new Promise<void>((done) => server.close(() => done())) };
}
