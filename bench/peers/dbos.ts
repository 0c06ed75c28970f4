import { DBOS } from '@dbos-inc/dbos-sdk'

/** Workflows of so many steps that do nothing, durable in PostgreSQL. */
export async function openDbos(databaseUrl: string, steps: number) {
  DBOS.setConfig({ name: 'peer', systemDatabaseUrl: databaseUrl, logLevel: 'error' })
  const release = DBOS.registerWorkflow(
    async () => {
      for (let step = 0; step < steps; step++) await DBOS.runStep(async () => 'pass', { name: `step-${step}` })
    },
    { name: 'release' },
  )
  await DBOS.launch()
  return {
    async release() {
      const handle = await DBOS.startWorkflow(release)()
      await handle.getResult()
    },
    close: () => DBOS.shutdown(),
  }
}
