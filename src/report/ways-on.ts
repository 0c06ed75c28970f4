import type { Signal } from '../lifecycle/protocol.js'
import { contextOf, type ReleaseSnapshot } from '../lifecycle/release.js'
import { refusalOf } from '../lifecycle/signals.js'
import type { Waiting } from '../lifecycle/status.js'
import { sayUntil } from './words.js'

const kinds: Record<Waiting['for'], string> = {
  approval: 'waits for approval',
  human: 'is held for a human',
  resume: 'is paused',
  retry: 'is tried again',
}

/** What a track waits for and how to answer ("… is held for a human: retry, promote or abort."), and why it waits. */
export function sayWaiting(snapshot: ReleaseSnapshot, waiting: Waiting): { says: string; detail: string } {
  const ways = waysOn(snapshot, waiting)
  return { says: `${waiting.track} ${kinds[waiting.for]}${ways === '' ? '' : `: ${ways}`}.`, detail: waiting.says }
}

function waysOn(snapshot: ReleaseSnapshot, { for: reason, gate, track }: Waiting): string {
  if (reason === 'retry') return ''
  if (gate !== undefined) return `approve or reject gate ${gate}`
  const ways = signalsFor(snapshot, track)
  return ways.length > 1 ? `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}` : ways.join()
}

/** The signals that the lifecycle would accept now. */
function signalsFor(snapshot: ReleaseSnapshot, track: string): string[] {
  const common = { at: snapshot.at, id: '', actor: snapshot.author, reason: '' }
  const signals: Signal[] = [
    { ...common, type: 'retry.requested', track },
    { ...common, type: 'promote.requested', track },
    { ...common, type: 'skip.requested', track },
    { ...common, type: 'resume.requested' },
    { ...common, type: 'abort.requested' },
  ]
  return signals.filter((signal) => refusalOf(snapshot, signal) === undefined).map(({ type }) => type.split('.')[0]!)
}

/** When a track goes on or gives up by itself: "next look in 12s, may go on in 3m"; empty where nothing is due. */
export function sayNext(snapshot: ReleaseSnapshot, track: string, now: number): string {
  const found = snapshot.tracks[track]
  if (found === undefined || snapshot.phase !== 'running') return ''
  const { deadlines, watch } = contextOf(found)
  const end = watch && (watch.until > now ? (['may go on', watch.until] as const) : (['gives up', watch.giveUpAt] as const))
  const all = [
    ['next look', deadlines.look] as const,
    ['next attempt', deadlines.retry] as const,
    end ?? (['time runs out', deadlines.step] as const),
  ]
  return all.flatMap(([what, at]) => (at === null ? [] : `${what} ${sayUntil(at, now)}`)).join(', ')
}
