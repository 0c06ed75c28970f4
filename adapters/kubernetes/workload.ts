import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'

const whole = z.int().default(0)
const conditions = z
  .array(
    z.object({
      type: z.string(),
      status: z.string(),
      reason: z.string().default(''),
      message: z.string().default(''),
      lastUpdateTime: z.string().optional(),
    }),
  )
  .default([])

/** Passed on whole when the canary is made, so that nothing of it is lost. */
const templateSchema = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string() })) }),
})
export type Template = z.infer<typeof templateSchema>

const metadata = {
  name: z.string(),
  uid: z.string(),
  annotations: z.record(z.string(), z.string()).default({}),
  labels: z.record(z.string(), z.string()).default({}),
  deletionTimestamp: z.string().optional(),
}
const owned = z.object({ ...metadata, ownerReferences: z.array(z.object({ uid: z.string() })).default([]) })

export const deploymentSchema = z.object({
  metadata: z.object({ ...metadata, generation: z.int() }),
  spec: z.looseObject({
    replicas: z.int(),
    paused: z.boolean().default(false),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).default({}) }),
    template: templateSchema,
  }),
  status: z
    .object({ observedGeneration: whole, replicas: whole, updatedReplicas: whole, availableReplicas: whole, conditions })
    .prefault({}),
})
export type Deployment = z.infer<typeof deploymentSchema>

export const replicaSetsSchema = z.object({
  items: z.array(
    z.object({
      metadata: owned,
      spec: z.object({ template: templateSchema }),
      status: z.object({ replicas: whole, readyReplicas: whole, conditions }).prefault({}),
    }),
  ),
})
export type ReplicaSet = z.infer<typeof replicaSetsSchema>['items'][number]

const containers = z
  .array(
    z.object({
      name: z.string(),
      ready: z.boolean().default(false),
      restartCount: whole,
      state: z
        .object({ waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional() })
        .default({}),
      lastState: z.object({ terminated: z.object({ exitCode: z.int(), reason: z.string().default('') }).optional() }).default({}),
    }),
  )
  .default([])
export const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: owned,
      status: z.object({ conditions, containerStatuses: containers, initContainerStatuses: containers }).prefault({}),
    }),
  ),
})
export type Pod = z.infer<typeof podsSchema>['items'][number]

/** @throws ReleaseError `adapter/rejected` for what no API server of a supported version answers */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ReleaseError(
    'adapter/rejected',
    `The API server described ${what} in a way this adapter cannot read (${issue?.path.join('.')}). See its README for versions.`,
  )
}
