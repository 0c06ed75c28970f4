import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Session } from './session.js'
import type { Summary } from './summary.js'

/** The newest record of a release, and what all of them amount to. */
export interface Head {
  readonly seq: number
  readonly hash: string
  readonly summary: Summary
}

/** A release that is driven here: what its lease and the journal know of each other. */
export interface Holding {
  readonly release: string
  readonly session: Session
  readonly fencingToken: number
  /** Of the newest accepted record. */
  head: Head
  /** Aborted when the release may be somebody else's: nothing is appended under it any more. */
  readonly lost: AbortSignal
}

interface LosableHolding extends Holding {
  readonly loss: AbortController
}

/** The releases that this process holds. */
export class Holdings {
  readonly #all = new Map<string, LosableHolding>()

  /** @throws ReleaseError `journal/locked` when the release is not held here */
  of(release: string): Holding {
    const holding = this.#all.get(release)
    if (holding) return holding
    const says = `Release "${release}" is not held here, or not any more. Acquire its lease, and replay it, before appending.`
    throw new ReleaseError('journal/locked', says, { release })
  }

  add(holding: Omit<Holding, 'lost'>): Holding {
    const loss = new AbortController()
    const added = { ...holding, loss, lost: loss.signal }
    this.#all.set(holding.release, added)
    if (holding.session.lost.aborted) this.lose(added, holding.session.lost.reason)
    return added
  }

  /** No longer held, by our own wish. @returns whether it was until now */
  drop({ release, fencingToken }: Holding): boolean {
    return this.#all.get(release)?.fencingToken === fencingToken && this.#all.delete(release)
  }

  lose(holding: Holding, reason: ReleaseError): void {
    const found = this.#all.get(holding.release)
    if (found && this.drop(holding)) found.loss.abort(reason)
  }

  loseAllOf(session: Session): void {
    for (const holding of this.#all.values()) if (holding.session === session) this.lose(holding, session.lost.reason)
  }
}
