import { z } from 'zod'
import type { Judge } from './judge.js'
import { kayentaJudge, kayentaSettingsSchema } from './kayenta-judge.js'
import { sequentialSettingsSchema } from './sequential/sequential-settings.js'
import { sequentialJudge } from './sequential-judge.js'
import { thresholdJudge, thresholdSettingsSchema } from './threshold-judge.js'

/** Settings of every judge that comes with taxiway; `use` says which. */
export const builtInJudgeSchema = z.discriminatedUnion('use', [
  sequentialSettingsSchema,
  thresholdSettingsSchema,
  kayentaSettingsSchema,
])
export type BuiltInJudgeSettings = z.infer<typeof builtInJudgeSchema>

/** The judge that these settings describe. */
export function builtInJudge(settings: BuiltInJudgeSettings): Judge {
  switch (settings.use) {
    case 'sequential':
      return sequentialJudge(settings) as Judge
    case 'threshold':
      return thresholdJudge(settings) as Judge
    case 'kayenta':
      return kayentaJudge(settings) as Judge
  }
}
