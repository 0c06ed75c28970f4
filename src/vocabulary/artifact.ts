import { z } from 'zod'
import { nameSchema } from './name.js'

/** What is shipped: one immutable build of a unit. */
export const artifactSchema = z.strictObject({
  /** Names the build on targets and routers: a tag, a build number, a revision. */
  version: nameSchema,
  /** `sha256:…` of the content, where the build system gives one. Approvals bind to it. */
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, { error: 'not a digest. Write "sha256:" and 64 lower-case hex digits.' })
    .optional(),
})
export type Artifact = z.infer<typeof artifactSchema>
