/** `run-ts` runs this as an orchestrator that can be killed: deploys one version to a directory, then waits. */
import { processTarget } from '../../../adapters/process/index.js'
import { tinyService } from '../../support/tiny-service.js'

const [directory = '', version = ''] = process.argv.slice(2)
const target = processTarget({ directory, units: { checkout: tinyService({ mark: directory, instances: 2 }) } })
console.log('starting')
await target.deploy(
  { unit: 'checkout', artifact: { version }, role: 'canary' },
  { signal: new AbortController().signal, idempotencyKey: 'deploy', fencingToken: 1 },
)
console.log('ready')
setInterval(() => {}, 1e6)
