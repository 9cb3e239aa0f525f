import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { OneTimeCode } from './one-time-code.entity.ts';

/** What a mail contains: six digits, and the token of its link. */
export interface CodeTexts {
  readonly digits: string;
  /** The id of the request and 128 bits that only we can compute, in 43 base64url characters. */
  readonly token: string;
}

type Bound = Pick<OneTimeCode, 'id' | 'purpose' | 'userId' | 'tokenVersion' | 'email' | 'sessionId'>;

const ID_BYTES = 16;
const TAG_BYTES = 16;
/** The bytes that the digits are made of. 2^48 is no multiple of a million, by which no digit becomes likelier than by 1 in 2^28. */
const DIGIT_BYTES = 6;
const DIGITS = 6;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Computes one-time codes from their rows (HMAC-SHA-256), so that the database holds none. */
export class CodeDeriver {
  readonly #keys: readonly [KeyObject, ...KeyObject[]];

  /** @param keys - the first makes codes. All of them verify codes. */
  constructor(keys: readonly [KeyObject, ...KeyObject[]]) {
    this.#keys = keys;
  }

  textsOf(code: Bound): CodeTexts {
    return derive(this.#keys[0], code);
  }

  /** Whether a text is the code's digits or its token. Compares in constant time. */
  matches(code: Bound, text: string): boolean {
    return this.#keys.some((key) => {
      const { digits, token } = derive(key, code);
      return isEqual(text.length === DIGITS ? digits : token, text);
    });
  }
}

/** The id of the request that the token of a link names; null if the text is no such token. */
export function requestIdOf(text: string): string | null {
  if (!TOKEN.test(text)) return null;
  const hex = Buffer.from(text, 'base64url').subarray(0, ID_BYTES).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whether a text has the form of the digits. */
export function areDigits(text: string): boolean {
  return text.length === DIGITS && /^\d+$/.test(text);
}

function derive(key: KeyObject, { id, purpose, userId, tokenVersion, email, sessionId }: Bound): CodeTexts {
  const bound = [purpose, id, userId, tokenVersion, email, sessionId];
  const mac = createHmac('sha256', key).update(JSON.stringify(bound)).digest();
  const tag = mac.subarray(0, TAG_BYTES);
  const number = mac.readUIntBE(TAG_BYTES, DIGIT_BYTES) % 10 ** DIGITS;
  return {
    digits: String(number).padStart(DIGITS, '0'),
    token: Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), tag]).toString('base64url'),
  };
}

function isEqual(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
