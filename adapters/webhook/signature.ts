import { createHmac } from 'node:crypto'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Secret } from '../../src/vocabulary/secret.js'

/** Standard Webhooks 1.0 asks for 24 to 64 bytes. */
const shortest = 24

/**
 * Signs as Standard Webhooks 1.0 says: HMAC-SHA-256 over id, timestamp and body, once for each secret, so that receivers can
 * change theirs at any time.
 *
 * @param secrets - base64 after `whsec_`
 * @param now - epoch milliseconds
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @throws ReleaseError `input/invalid` for a secret that is too short
 */
export async function signatureHeaders(
  secrets: readonly Secret[],
  { id, body, now }: { readonly id: string; readonly body: string; readonly now: number },
): Promise<Record<string, string>> {
  const values = await Promise.all(secrets.map((secret) => secret.reveal()))
  const keys = values.map((value) => Buffer.from(value.replace(/^whsec_/, ''), 'base64'))
  if (keys.length === 0 || keys.some((key) => key.length < shortest))
    throw new ReleaseError(
      'input/invalid',
      `A webhook needs a secret of ${shortest} bytes or more. Make one with: echo "whsec_$(openssl rand -base64 32)"`,
    )
  const timestamp = String(Math.floor(now / 1_000))
  const signatures = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' '),
  }
}
