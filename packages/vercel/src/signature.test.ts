import fc from "fast-check";
import { expect, test } from "vitest";
import { isDeliverySigned, signDelivery } from "./signature.js";

test("the signature is the lower-case hex HMAC-SHA1 of the raw body", () => {
  // RFC 2202, test case 2.
  const signed = signDelivery("what do ya want for nothing?", "Jefe");
  expect(signed).toBe("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  expect(isDeliverySigned("what do ya want for nothing?", signed, "Jefe")).toBe(true);
});

test("any other body, secret or signature is refused", () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), fc.string(), (body, secret, other) => {
      const signed = signDelivery(body, secret);
      expect(isDeliverySigned(body, signed, secret)).toBe(true);
      expect(isDeliverySigned(`${body}!`, signed, secret)).toBe(false);
      expect(isDeliverySigned(body, signed, `${secret}!`)).toBe(false);
      if (other !== signed) expect(isDeliverySigned(body, other, secret)).toBe(false);
    }),
  );
});

test("without a signature or a secret nothing is signed", () => {
  expect(isDeliverySigned("a", undefined, "s")).toBe(false);
  expect(isDeliverySigned("a", null, "s")).toBe(false);
  expect(isDeliverySigned("a", signDelivery("a", ""), "")).toBe(false);
});
