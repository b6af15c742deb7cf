import { KeptVariable, recipientRefused } from "@atoms/playbook";
import { Decrypter, Encrypter } from "age-encryption";
import { z } from "zod";

/** Encrypts the values of variables to everybody who may read them. @throws ATM-804 for a recipient that is no age key. */
export async function encryptVariables(
  variables: readonly KeptVariable[],
  recipients: readonly string[],
): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw recipientRefused({ recipient, because: error instanceof Error ? error.message : String(error) });
    }
  }
  return encrypter.encrypt(JSON.stringify(variables));
}

/** Opens what `encryptVariables` made. @returns undefined when the key does not open it, or it holds something else. */
export async function decryptVariables(
  bytes: Uint8Array,
  identity: string,
): Promise<KeptVariable[] | undefined> {
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return z.array(KeptVariable).parse(JSON.parse(await decrypter.decrypt(bytes, "text")));
  } catch {
    // Whatever went wrong, the message might quote a secret.
    return undefined;
  }
}
