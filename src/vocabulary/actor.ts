import { z } from 'zod'

/** Who asked, as the caller has authenticated them. taxiway checks what they may do, not who they are. */
export const actorSchema = z.strictObject({
  /** A stable identity: an e-mail address, a login, a service account. */
  id: z.string().trim().min(1).max(200),
  roles: z.array(z.string().min(1).max(100)).max(50).optional(),
})
export type Actor = z.infer<typeof actorSchema>

/** One person, one key: case, width, accents in two ways and what cannot be seen must not make two approvers out of one (I20). */
export function sameActorKey(actor: Actor): string {
  return actor.id
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .toLowerCase()
}
