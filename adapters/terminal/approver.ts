import { createInterface } from 'node:readline/promises'
import type { ApprovalAnswer, ApprovalRequest, Approver } from '../../src/ports/approver.js'
import type { Actor } from '../../src/vocabulary/actor.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { parseAnswer, questionText } from './question.js'

type Tty<Stream> = Stream & { readonly isTTY?: boolean }

export interface TerminalApproverOptions {
  /** Where the answer is typed; `process.stdin` by default. */
  readonly input?: Tty<NodeJS.ReadableStream>
  /** Where the question is shown; `process.stderr` by default, so that standard output stays for results. */
  readonly output?: Tty<NodeJS.WritableStream>
  /** Who sits at the terminal, as the caller has authenticated them. */
  readonly actor: Actor
}

/**
 * Asks at a terminal, one question after the other. The terminal stays in line mode: it echoes and edits by itself,
 * Ctrl-C goes to the process as ever, and there is nothing to restore.
 */
export function terminalApprover({ input = process.stdin, output = process.stderr, actor }: TerminalApproverOptions): Approver {
  let questions = 0
  let turn: Promise<unknown> = Promise.resolve()

  return {
    async request(request, { signal }) {
      const { release, gate } = request
      if (!input.isTTY || !output.isTTY) throw unanswerable(release, gate, 'there is no terminal')
      questions += 1
      const number = questions
      const answer = turn.then(() => ask(request, number, signal))
      turn = answer.catch(() => {})
      return unlessWithdrawn(answer, signal, request)
    },
  }

  async function ask(request: ApprovalRequest, number: number, signal: AbortSignal): Promise<ApprovalAnswer> {
    signal.throwIfAborted()
    const ended = () => unanswerable(request.release, request.gate, 'the terminal was closed')
    if (!input.readable || !output.writable) throw ended()
    const lines = createInterface({ input, output, terminal: false })
    const closed = Promise.withResolvers<never>()
    closed.promise.catch(() => {})
    const hangUp = () => closed.reject(ended())
    const ends = [lines, input, output].flatMap((emitter) => ['close', 'error'].map((event) => ({ emitter, event })))
    for (const { emitter, event } of ends) emitter.once(event, hangUp)
    try {
      output.write(questionText(request, number))
      for (;;) {
        const prompt = `Type "approve ${number}", or "reject ${number}" and why: `
        const line = await Promise.race([closed.promise, lines.question(prompt, { signal })])
        const answer = parseAnswer(line, number)
        if (answer) return { ...answer, actor }
      }
    } finally {
      if (signal.aborted) output.write('\nThis question has been withdrawn.\n')
      lines.close()
      for (const { emitter, event } of ends) emitter.off(event, hangUp)
    }
  }
}

/** Rejects at once, also while other questions are in front. */
async function unlessWithdrawn<T>(answer: Promise<T>, signal: AbortSignal, { release, gate }: ApprovalRequest): Promise<T> {
  const withdrawn = Promise.withResolvers<never>()
  const withdraw = () => {
    const says = `The question for gate "${gate}" of release "${release}" was withdrawn before anyone answered.`
    withdrawn.reject(new ReleaseError('adapter/unavailable', says, { release, gate }, { cause: signal.reason }))
  }
  signal.addEventListener('abort', withdraw, { once: true })
  if (signal.aborted) withdraw()
  try {
    return await Promise.race([withdrawn.promise, answer])
  } finally {
    signal.removeEventListener('abort', withdraw)
  }
}

const unanswerable = (release: string, gate: string, why: string) =>
  new ReleaseError(
    'adapter/rejected',
    `Nobody could be asked about gate "${gate}" of release "${release}": ${why}. ` +
      'Send an approve or reject signal from another process, or bind the gate to another approver.',
    { release, gate },
  )
