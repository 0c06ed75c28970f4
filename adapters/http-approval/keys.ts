import { createHash, createHmac, createPublicKey, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Secret } from '../../src/vocabulary/secret.js'

/** The first or private key signs. Former ones are still believed: keep them while links made with them are about. */
export type LinkKeys =
  /** HMAC with SHA-256. Each secret at least 32 bytes, and random. */
  | { readonly hmac: readonly [secret: Secret, ...former: Secret[]] }
  | { readonly ed25519: { readonly privateKey: KeyObject; readonly formerPublicKeys?: readonly KeyObject[] } }

export interface Signer {
  /** @throws ReleaseError `input/invalid` for a secret that is too short */
  sign(text: string): Promise<string>
  /** Tries every key, and takes as long for a right signature as for a wrong one. */
  isGenuine(text: string, signature: string): Promise<boolean>
}

/** The kind of key decides how is signed and checked; a token has no say in it. @throws ReleaseError `input/invalid` */
export function signerOf(keys: LinkKeys): Signer {
  if ('hmac' in keys) return hmacSigner(keys.hmac)
  const { privateKey, formerPublicKeys = [] } = keys.ed25519
  const isFit = (key: KeyObject) => key.asymmetricKeyType === 'ed25519'
  if (
    privateKey.type !== 'private' ||
    !isFit(privateKey) ||
    !formerPublicKeys.every((key) => key.type === 'public' && isFit(key))
  )
    throw new ReleaseError('input/invalid', 'Links cannot be signed: give an Ed25519 private key, and Ed25519 public keys.')
  const publicKeys = [createPublicKey(privateKey), ...formerPublicKeys]
  return {
    sign: async (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
    async isGenuine(text, signature) {
      const bytes = Buffer.from(signature, 'base64url')
      const isValid = publicKeys.map((key) => verify(null, Buffer.from(text), key, bytes)).includes(true)
      // Base64 has several spellings for the same bytes, and one of them is enough.
      return isValid && bytes.toString('base64url') === signature
    },
  }
}

function hmacSigner(secrets: readonly [Secret, ...Secret[]]): Signer {
  const mac = async (secret: Secret, text: string) => {
    const value = await secret.reveal()
    checkSecret(value)
    return createHmac('sha256', value).update(text).digest('base64url')
  }
  return {
    sign: (text) => mac(secrets[0], text),
    async isGenuine(text, signature) {
      const macs = await Promise.all(secrets.map((secret) => mac(secret, text)))
      return macs.map((expected) => isSame(expected, signature)).includes(true)
    },
  }
}

/** @throws ReleaseError `input/invalid` */
export function checkSecret(secret: string | Uint8Array): void {
  if (Buffer.byteLength(secret) >= 32) return
  throw new ReleaseError(
    'input/invalid',
    'A secret for approvals is shorter than 32 bytes. Make one with: openssl rand -base64 32',
  )
}

/** Compares texts of any length in a time that tells nothing about where they differ. */
export function isSame(expected: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(expected), digest(given))
}
