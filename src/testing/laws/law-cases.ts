import { ensure, type Law, type Make } from './law.js'

export interface LawCase {
  readonly name: string
  readonly run: () => Promise<void>
}

export interface LawOptions {
  /** By id, why an adapter does not obey a law. Once it does, that is an error. */
  readonly diverges?: Readonly<Record<string, string>>
  /** By name, why a subject lacks what some laws require. They are listed as not tried; once it has it, that is an error. */
  readonly lacks?: Readonly<Record<string, string>>
}

/**
 * Laws for any test runner: `for (const { name, run } of lawCases(deployTargetLaws, make)) test(name, run)`.
 * @throws Error for a divergence or a lack of something that the laws do not know
 */
export function lawCases<Subject extends object>(
  laws: readonly Law<Subject>[],
  make: Make<NoInfer<Subject>>,
  { diverges = {}, lacks = {} }: LawOptions = {},
): LawCase[] {
  const tried = laws.filter(({ requires }) => !requires.some((name) => name in lacks))
  refuseOthers('diverges', diverges, new Set(tried.map(({ id }) => id)))
  refuseOthers('lacks', lacks, new Set<string>(laws.flatMap(({ requires }) => requires)))

  return laws.map((law) => {
    const { id, says, requires, check } = law
    const lack = requires.find((name) => name in lacks)
    if (lack !== undefined)
      return { name: `${id} (not tried, no ${lack}: ${lacks[lack]}): ${says}`, run: () => isLacking(make, lack) }
    const reason = diverges[id]
    if (reason === undefined) return { name: `${id}: ${says}`, run: () => check(make) }
    return { name: `${id} (diverges: ${reason}): ${says}`, run: () => isBroken(law, make) }
  })
}

function refuseOthers(what: string, declared: Readonly<Record<string, string>>, known: ReadonlySet<string>): void {
  const odd = Object.keys(declared).find((name) => !known.has(name))
  ensure(odd === undefined, `"${odd}" in \`${what}\` is none of ${[...known].join(', ')}. Take it out.`)
}

async function isLacking<Subject extends object>(make: Make<Subject>, name: string & keyof Subject): Promise<void> {
  const subject = await make()
  await (subject as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.()
  ensure(!subject[name], `The subject has "${name}", and is said to lack it. Take it out of \`lacks\`.`)
}

/** A subject that cannot be made proves nothing, so that its error passes through. */
async function isBroken<Subject>({ id, check }: Law<Subject>, make: Make<Subject>): Promise<void> {
  let isMade = false
  const isObeyed = await check(async () => {
    const subject = await make()
    isMade = true
    return subject
  }).then(
    () => true,
    (error: unknown) => {
      if (!isMade) throw error
      return false
    },
  )
  ensure(!isObeyed, `${id} is obeyed now. Take it out of \`diverges\`.`)
}
