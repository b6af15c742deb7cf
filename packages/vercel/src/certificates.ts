import { isIP } from "node:net";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import type { CertificateAnswer, Certificates, Clock } from "@atoms/playbook";
import { deadline } from "./deadline.js";
import { lookupLoopback } from "./dispatcher.js";
import { classify, sentence } from "./failure-class.js";

/** Why a certificate is not to be trusted, in words, by the code that Node gives. */
const distrustOf: Record<string, string> = {
  CERT_HAS_EXPIRED: "a certificate of its chain has ended",
  CERT_NOT_YET_VALID: "a certificate of its chain has not begun",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it has signed itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its chain ends with an authority that nobody here knows",
  UNABLE_TO_GET_ISSUER_CERT: "its chain ends with an authority that nobody here knows",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its chain ends with an authority that nobody here knows",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate of its authority is not sent with it",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is made out to another name",
};

/**
 * Reads certificates by a TLS handshake and nothing more. Every reading has a connection of its own.
 * @param ca Certificates of authorities to trust instead of the system's, in PEM.
 */
export function certificateReader({ clock, ca }: { clock: Clock; ca?: string | undefined }): Certificates {
  return {
    async read({ host, port, name, timeoutMs }, signal) {
      const began = clock.monotonic();
      const ms = () => clock.monotonic() - began;
      const timings: CertificateAnswer["timings"] = {};
      const where = port === 443 ? host : `${host}:${port}`;
      const within = deadline(clock, timeoutMs, signal);
      const socket = connect({
        host,
        port,
        rejectUnauthorized: false,
        lookup: lookupLoopback as never,
        // An address is no name that could be asked for; the certificate is compared with it all the same.
        ...(isIP(name) === 0 ? { servername: name } : {}),
        ...(ca === undefined ? {} : { ca }),
      });
      try {
        await secured(socket, within.signal, timings, ms);
        return { connected: true, ...termsOf(socket), ms: ms(), timings };
      } catch (error) {
        const failed = (message: string): CertificateAnswer => ({
          connected: false,
          message,
          ms: ms(),
          timings,
        });
        if (within.passed()) return failed(`${where} showed no certificate within ${timeoutMs} ms.`);
        if (signal?.aborted) return failed("The look was cancelled.");
        return failed(sentence(classify(error), where, error));
      } finally {
        within.end();
        socket.destroy();
      }
    },
  };
}

function secured(
  socket: TLSSocket,
  signal: AbortSignal,
  timings: CertificateAnswer["timings"],
  ms: () => number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let mark = 0;
    const part = (name: "dnsMs" | "connectMs" | "tlsMs") => () => {
      const now = ms();
      timings[name] = now - mark;
      mark = now;
    };
    socket.once("lookup", part("dnsMs"));
    socket.once("connect", part("connectMs"));
    socket.once("secureConnect", () => {
      part("tlsMs")();
      resolve();
    });
    // What comes after the handshake, or after nobody waits any more, is nobody's business.
    socket.on("error", reject);
    socket.once("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function termsOf(socket: TLSSocket) {
  const { valid_from, valid_to } = socket.getPeerCertificate() as PeerCertificate;
  const [validFrom, expiresAt] = [Date.parse(valid_from), Date.parse(valid_to)];
  // An own error of Node's: a code, or an Error with one.
  const why = socket.authorizationError as unknown as string | (Error & { code?: string }) | null;
  const code = typeof why === "string" ? why : (why?.code ?? why?.message ?? "");
  return {
    validFrom,
    expiresAt,
    ...(socket.authorized
      ? {}
      : { distrust: distrustOf[code] ?? (code === "" ? "nobody vouches for it" : code) }),
  };
}
