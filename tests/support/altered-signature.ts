import { constants, createHash, createPrivateKey, createPublicKey, privateEncrypt, publicDecrypt } from 'node:crypto';
import type { PrivateJwk } from '../../src/index.ts';

// Each function applies the fault of a test vector's signature to a token of ours. The signature is made over our header and
// claims, so only the signature can be the reason for a refusal. A vector with a valid signature makes a valid token.

/** Of the curve P-256. */
const GROUP_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * ECDSA. Our numbers replace those of the vector's valid signature, or those plus the group order. Its padding and its other
 * replacements stay.
 */
export function withEcdsaAlteration(goodVector: string, vector: string, token: string): string {
  const [theirR, theirS] = halves(goodVector);
  const [ourR, ourS] = halves(token);
  const exchanges = [
    [theirR, ourR],
    [theirR + GROUP_ORDER, ourR + GROUP_ORDER],
    [theirS, ourS],
    // Each valid (r, s) has a second one with the same r.
    [GROUP_ORDER - theirS, GROUP_ORDER - ourS],
    [2n * GROUP_ORDER - theirS, 2n * GROUP_ORDER - ourS],
  ] as const;
  let signature = takeApart(vector).signature.toString('hex');
  for (const [theirs, ours] of exchanges) {
    const digits = theirs.toString(16);
    signature = signature.replace(digits, ours.toString(16).padStart(digits.length, '0'));
  }
  return putTogether(token, Buffer.from(signature, 'hex'));
}

/** A second good signature of the same: (r, n - s) beside (r, s). */
export function withEcdsaTwin(token: string): string {
  const [r, s] = halves(token);
  const numbers = [r, GROUP_ORDER - s].map((number) => number.toString(16).padStart(64, '0'));
  return putTogether(token, Buffer.from(numbers.join(''), 'hex'));
}

function halves(token: string): [r: bigint, s: bigint] {
  const { signature } = takeApart(token);
  const middle = signature.length / 2;
  return [toInteger(signature.subarray(0, middle)), toInteger(signature.subarray(middle))];
}

/** RSASSA-PKCS1-v1_5 (RFC 8017 section 9.2): our digest in the vector's padding. */
export function withPkcs1Alteration(jwk: PrivateJwk, vector: string, token: string): string {
  const theirs = takeApart(vector);
  const encoded = open(jwk, theirs.signature).toString('hex');
  const altered = encoded.replace(sha256(theirs.input).toString('hex'), sha256(takeApart(token).input).toString('hex'));
  return putTogether(token, raise(jwk, Buffer.from(altered, 'hex')));
}

const HASH_BYTES = 32;

/** RSASSA-PSS (RFC 8017 section 9.1) with SHA-256: our digest in the vector's padding, with its salt. */
export function withPssAlteration(jwk: PrivateJwk, vector: string, token: string): string {
  const theirs = takeApart(vector);
  const ours = takeApart(token);
  const encoded = open(jwk, theirs.signature);
  const hashAt = encoded.length - HASH_BYTES - 1;
  const hash = encoded.subarray(hashAt, -1);
  const block = xor(encoded.subarray(0, hashAt), maskOf(hash, hashAt));
  block.writeUInt8(block.readUInt8() & 0x7f);

  const salts = [block.subarray(block.findIndex((byte) => byte !== 0) + 1), block.subarray(-HASH_BYTES)];
  const isSalt = (salt: Buffer) => hash.equals(hashOf(theirs.input, salt));
  const salt = salts.find(isSalt) ?? block.subarray(-HASH_BYTES);
  // Nothing if the vector's hash is right. Otherwise the same bits are wrong in ours.
  const wrongBits = xor(hash, hashOf(theirs.input, salt));
  const ourHash = xor(hashOf(ours.input, salt), wrongBits);
  const masked = xor(block, maskOf(ourHash, hashAt));
  masked.writeUInt8((masked.readUInt8() & 0x7f) | (encoded.readUInt8() & 0x80));
  return putTogether(token, raise(jwk, Buffer.concat([masked, ourHash, encoded.subarray(-1)])));
}

function hashOf(input: Buffer, salt: Buffer): Buffer {
  return sha256(Buffer.concat([Buffer.alloc(8), sha256(input), salt]));
}

/** MGF1 (RFC 8017 section B.2.1). */
function maskOf(seed: Buffer, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / HASH_BYTES) }, (_, index) => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(index);
    return sha256(Buffer.concat([seed, counter]));
  });
  return Buffer.concat(blocks).subarray(0, length);
}

/** The signature of an RSA key plus its modulus: the same number to whoever reduces it. */
export function addModulus(jwk: PrivateJwk, token: string): string {
  const modulus = toInteger(Buffer.from(jwk.n ?? '', 'base64url'));
  const sum = (toInteger(takeApart(token).signature) + modulus).toString(16);
  return putTogether(token, Buffer.from(sum.padStart(sum.length + (sum.length % 2), '0'), 'hex'));
}

/** A token with these bytes for its signature. */
export function putTogether(token: string, signature: Buffer): string {
  return `${takeApart(token).input.toString()}.${signature.toString('base64url')}`;
}

/** What of a compact token is signed, and the signature. */
export function takeApart(token: string): { input: Buffer; signature: Buffer } {
  const end = token.lastIndexOf('.');
  return { input: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') };
}

function open(jwk: PrivateJwk, signature: Buffer): Buffer {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  return publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
}

function raise(jwk: PrivateJwk, encoded: Buffer): Buffer {
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

function toInteger(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}
