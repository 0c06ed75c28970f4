import { join } from 'node:path'
import { processTarget } from 'taxiway/adapters/process'

/** The shop runs as local processes, two of each version. */
export function shopTarget(directory: string) {
  return processTarget({
    directory: join(directory, 'processes'),
    units: {
      shop: {
        instances: 2,
        readyPath: '/ready',
        command: ({ version }) => ({
          file: process.execPath,
          args: [join(import.meta.dirname, 'service.ts'), version],
          cwd: directory,
        }),
      },
    },
  })
}
