import type { ReleaseHandle } from '../engine/handle.js'
import type { Waiting } from '../lifecycle/status.js'
import type { Clock } from '../ports/clock.js'
import { durationMs } from '../vocabulary/duration.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Person } from './world.js'

/** Lets the described people answer what they are asked, and do what they do. Whatever is refused is in the journal. */
export function employ(people: readonly Person[], release: ReleaseHandle, clock: Clock) {
  const later = (person: Person, act: () => Promise<void>) =>
    void clock.at(clock.now() + durationMs(person.after), () => void act().catch(onlyRefused))
  const byOf = ({ who, roles, reason }: Person) => ({ actor: { id: who, ...(roles.length > 0 && { roles }) }, reason })
  for (const person of people) if (person.when === 'started') later(person, () => release[person.does](byOf(person)))

  return {
    /** Tells everybody what has just begun to wait. */
    hear({ for: reason, gate, track }: Waiting): void {
      for (const person of people) {
        const by = byOf(person)
        if (person.when === 'asked' && reason === 'approval' && gate !== undefined && (person.gate ?? gate) === gate)
          later(person, () => release[person.does]({ ...by, gate }))
        if (person.when === 'held' && reason === 'human')
          later(person, () => release[person.does]({ ...by, ...(person.does !== 'abort' && { track }) }))
      }
    },
  }
}

/** A signal that came too late, or from the wrong person, is a part of the story; anything else is a mistake of ours. */
function onlyRefused(error: unknown): void {
  if (!(ReleaseError.is(error) && error.code === 'signal/refused')) throw error
}
