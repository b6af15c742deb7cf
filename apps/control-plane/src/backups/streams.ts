import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { BackupCipher, ByteStream, Digesting } from "@atoms/playbook";
import { recipientRefused } from "@atoms/playbook";
import { Decrypter, Encrypter } from "age-encryption";
import { readKey, readOrMakeKey } from "./key.js";

/** Counts and digests bytes as they pass. */
export function digesting(data: ByteStream): Digesting {
  const hash = createHash("sha256");
  let bytes = 0;
  async function* pass(): ByteStream {
    for await (const piece of data) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  }
  return { data: pass(), result: () => ({ bytes, sha256: hash.copy().digest("hex") }) };
}

/**
 * Encryption with age.
 * @param keys.recipients Public keys of the playbook; with none, the key of `keyFile` is used, and made if need be.
 * @param keys.keyFile Atoms' own key. @param keys.more Files of further private keys to open with.
 */
export function ageCipher(keys: {
  recipients: readonly string[];
  keyFile: string;
  more: readonly string[];
}): BackupCipher {
  return {
    async recipients() {
      if (keys.recipients.length > 0) return { recipients: keys.recipients };
      const { recipient, made } = await readOrMakeKey(keys.keyFile);
      return { recipients: [recipient], ...(made ? { made: keys.keyFile } : {}) };
    },

    async seal(data, recipients) {
      const encrypter = new Encrypter();
      for (const recipient of recipients) {
        try {
          encrypter.addRecipient(recipient);
        } catch (error) {
          throw recipientRefused({
            recipient,
            because: error instanceof Error ? error.message : String(error),
          });
        }
      }
      return encrypter.encrypt(ReadableStream.from(data));
    },

    async open(data) {
      // Atoms' own key need not exist where others are named.
      const files = [...(existsSync(keys.keyFile) ? [keys.keyFile] : []), ...keys.more];
      if (files.length === 0) return undefined;
      const decrypter = new Decrypter();
      for (const file of files) decrypter.addIdentity((await readKey(file)).identity);
      try {
        return await decrypter.decrypt(ReadableStream.from(data));
      } catch (error) {
        if (error instanceof Error && /no identity matched/i.test(error.message)) return undefined;
        throw error;
      }
    },
  };
}
