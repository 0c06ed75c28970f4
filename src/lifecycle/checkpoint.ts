import { type ReleaseSnapshot, tracksOf } from './release.js'

/** A snapshot as text, without what its first record says already. */
export function checkpointText({ stable, phase, tracks, rollback, signals, at }: ReleaseSnapshot): string {
  const moving = Object.entries(tracks).map(([id, { state, context }]) => {
    const { setting: _, ...rest } = context
    return [id, { state, context: rest }]
  })
  return JSON.stringify({ stable, phase, tracks: Object.fromEntries(moving), rollback, signals, at })
}

/**
 * The snapshot that a text was made of.
 * @param proposed - what the first record of the same release amounts to
 * @param text - known to be what `checkpointText` gave, by its digest in the journal
 */
export function fromCheckpoint(proposed: ReleaseSnapshot, text: string): ReleaseSnapshot {
  const { tracks, ...rest }: Omit<ReleaseSnapshot, 'tracks'> & Pick<ReleaseSnapshot, 'tracks'> = JSON.parse(text)
  const known = tracksOf({ ...proposed, stable: rest.stable })
  const whole = Object.entries(tracks).map(([id, { state, context }]) => [
    id,
    { state, context: { ...context, setting: known[id]!.context.setting } },
  ])
  return { ...proposed, ...rest, tracks: Object.fromEntries(whole) }
}
