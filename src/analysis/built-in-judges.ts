import { z } from 'zod'
import type { Judge } from './judge.js'
import { thresholdJudge, thresholdSettingsSchema } from './threshold-judge.js'

/** Settings of every judge that comes with taxiway; `use` says which. */
export const builtInJudgeSchema = z.discriminatedUnion('use', [thresholdSettingsSchema])
export type BuiltInJudgeSettings = z.infer<typeof builtInJudgeSchema>

/** The judge that these settings describe. */
export function builtInJudge(settings: BuiltInJudgeSettings): Judge {
  switch (settings.use) {
    case 'threshold':
      return thresholdJudge(settings) as Judge
  }
}
