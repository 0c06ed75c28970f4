import { isRouted, type RollbackStep, type TrackContext } from './track-context.js'

/**
 * What a rollback from here has to do, in order: traffic first, everything else after it. Stable is restored before
 * traffic goes back only where promotion may have touched it; otherwise it still runs at full size (I6, I8).
 */
export function rollbackPlan(context: TrackContext): RollbackStep[] {
  const { setting, isPromoting, undoable } = context
  if (setting.track.unit === null) return []
  const isStableTouched = isPromoting && setting.stable !== undefined
  return [
    ...(isStableTouched ? [{ kind: 'restore' } as const] : []),
    ...(isRouted(context) ? [{ kind: 'shift' } as const] : []),
    ...(isStableTouched ? [{ kind: 'reinstate' } as const] : []),
    ...undoable.toReversed().map((step) => ({ kind: 'undo', ...step }) as const),
    { kind: 'retire' },
  ]
}
