import { execFileSync } from 'node:child_process'
import { request } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pass } from 'node:timers/promises'
import { type KubernetesClient, kubernetesClient } from '../../adapters/kubernetes/index.js'
import { secret } from '../../src/vocabulary/secret.js'

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string } }[]
  readonly users?: readonly {
    readonly user: { readonly token?: string; readonly 'client-certificate-data'?: string; readonly 'client-key-data'?: string }
  }[]
}

/** Whether there is no cluster to try; then one line says what is missing. */
export function isClusterMissing(): boolean {
  if (process.env.KUBECONFIG) return false
  console.log('missing kubernetes: set KUBECONFIG to the kubeconfig of a cluster where a namespace may be made, and have kubectl')
  return true
}

/** A client of the cluster of the current context: with a token, or with a client certificate. */
export function clusterClient() {
  const shown = execFileSync('kubectl', ['config', 'view', '--raw', '--minify', '--flatten', '--output', 'json'], {
    encoding: 'utf8',
  })
  const { clusters, users } = JSON.parse(shown) as Kubeconfig
  const { server, 'certificate-authority-data': authority } = clusters[0]!.cluster
  const { token, 'client-certificate-data': certificate, 'client-key-data': key } = users?.[0]?.user ?? {}
  const decoded = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64'))
  const trust = { ca: decoded(authority), cert: decoded(certificate), key: decoded(key) }
  return kubernetesClient({
    server,
    ...(token && { token: secret(() => token) }),
    ...(server.startsWith('https:') && { fetch: fetchWith(trust) }),
  })
}

/** As much of `fetch` as is called, with a certificate; Node's own takes none. */
const fetchWith =
  (trust: object): typeof globalThis.fetch =>
  (input, init = {}) =>
    new Promise((resolve, reject) => {
      const { method = 'GET', signal, body } = init
      const headers = Object.fromEntries(new Headers(init.headers))
      const sent = request(String(input), { ...trust, method, headers, ...(signal && { signal }) }, (answer) => {
        buffer(answer).then((content) => {
          const fields = Object.entries(answer.headers).flatMap(([name, value]) =>
            typeof value === 'string' ? [[name, value] as [string, string]] : [],
          )
          resolve(new Response(new Uint8Array(content), { status: answer.statusCode ?? 0, headers: fields }))
        }, reject)
      })
      sent.on('error', reject).end(body)
    })

/** Does something again and again, as a controller would; what fails is done the next time. */
export async function keepOn(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work().catch(() => {})
    await pass(50, undefined, { signal }).catch(() => {})
  }
}

interface PlayedPod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] }
  readonly status: { readonly containerStatuses?: readonly unknown[] }
}

/** A bare control plane has controllers and no node. There every pod is said to be ready, or to have an image that is not there. */
export async function playKubelet(client: KubernetesClient, namespace: string, brokenTag: string, signal: AbortSignal) {
  const pods = `/api/v1/namespaces/${namespace}/pods`
  await keepOn(signal, async () => {
    const { items } = (await client.get(pods, signal)) as { items: PlayedPod[] }
    for (const { metadata, spec, status } of items)
      if (!metadata.deletionTimestamp && status.containerStatuses === undefined)
        await client.patch(`${pods}/${metadata.name}/status`, 'merge', { status: fateOf(spec, brokenTag) }, signal)
  })
}

function fateOf({ containers: [container] }: PlayedPod['spec'], brokenTag: string) {
  const { name, image } = container!
  const isThere = !image.endsWith(`:${brokenTag}`)
  const at = '2026-01-01T00:00:00Z'
  const message = `Back-off pulling image "${image}": ErrImagePull: ${image}: not found`
  const state = isThere ? { running: { startedAt: at } } : { waiting: { reason: 'ImagePullBackOff', message } }
  return {
    phase: isThere ? 'Running' : 'Pending',
    conditions: ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: isThere ? 'True' : 'False',
      lastTransitionTime: at,
    })),
    containerStatuses: [{ name, image, imageID: '', ready: isThere, started: isThere, restartCount: 0, state }],
  }
}
