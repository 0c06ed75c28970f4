import { ReleaseError } from './errors.js'

const shown = '[secret]'

/** `undefined` is none at all, as of an environment variable that is not set. */
type Provide = () => string | undefined | Promise<string | undefined>

/**
 * A credential. It is had when it is used, and not before; it has no place in a plan, a journal, a log or an error:
 * whatever writes it down writes `[secret]`, and no schema of this library takes it for a value.
 */
export class Secret {
  readonly #provide: Provide

  constructor(provide: Provide) {
    this.#provide = provide
  }

  /**
   * What it is now: asked for anew at every use, so that it may be short-lived. Keep the answer no longer than that use.
   * @throws ReleaseError `adapter/unavailable` when it cannot be had, or is empty
   */
  reveal(): Promise<string> {
    return Promise.resolve()
      .then(this.#provide)
      .then(
        (value) => value || unknown('it is empty'),
        // What a vault has to say about a secret stays there.
        () => unknown('its provider failed'),
      )
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown
  }
}

function unknown(why: string): never {
  throw new ReleaseError('adapter/unavailable', `A secret could not be had: ${why}. See to what was given as secret(…).`)
}

/** @param provide - from an environment variable, a mounted file, a vault; called at every use */
export function secret(provide: Provide): Secret {
  return new Secret(provide)
}

/** Anything shorter is found in every other word. */
const shortest = 6

/** Text from outside, without what it was told in confidence: as it is, in base64, URL-encoded, or as in JSON. */
export function withoutSecrets(text: string, values: readonly string[]): string {
  const forms = values
    .filter((value) => value.length >= shortest)
    .flatMap((value) => {
      const bytes = Buffer.from(value)
      const base64 = [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')]
      return [value, encodeURIComponent(value.toWellFormed()), JSON.stringify(value).slice(1, -1), ...base64]
    })
  return forms.reduce((kept, form) => kept.replaceAll(form, '…'), text)
}
