import { z } from 'zod'

/**
 * Names of units, stages, bindings, metrics and releases. They become file names, label values and object keys, so the
 * alphabet is small: no path separators, no case twins, no look-alikes, nothing that sits on `Object.prototype`.
 */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9_-])?$/, {
    error:
      'not a name. Use 1 to 100 lower-case letters, digits, ".", "_" or "-", starting with a letter or digit and not ending in ".".',
  })
  .refine((name) => !(name in Object.prototype), { error: 'is a word of JavaScript itself. Choose another name.' })
  .meta({ id: 'Name', description: 'Lower-case letters, digits, ".", "_" and "-"; at most 100.' })
