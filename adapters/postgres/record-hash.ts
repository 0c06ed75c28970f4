import { hash } from 'node:crypto'

/** What stands before the first record of a release. */
export const genesis = `sha256:${'0'.repeat(64)}`

/** A record as its row holds it. */
export interface Row {
  readonly release: string
  readonly seq: number
  /** Epoch milliseconds. */
  readonly at: number
  /** Under which lease it was written. */
  readonly token: number
  /** JSON, to the byte. */
  readonly body: string
}

/** SHA-256 of the row as a JSON object with sorted keys, the format version `v`, and the hash `prev` of the record before. */
export function hashOf({ release, seq, at, token, body }: Row, prev: string): string {
  const text = `{"at":${at},"body":${body},"prev":"${prev}","release":"${release}","seq":${seq},"token":${token},"v":1}`
  return `sha256:${hash('sha256', text)}`
}
