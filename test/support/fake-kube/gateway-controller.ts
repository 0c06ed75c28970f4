import type { ObjectStore } from './store.js'

/** What the gateway says of each route instead of taking it. */
export type GatewayMood = 'takes' | 'takes in part' | 'sleeps' | 'refuses'

interface Ref {
  name: string
}
interface Rule {
  backendRefs?: Ref[]
  filters?: { requestMirror?: { backendRef: Ref } }[]
}

/** Takes the newest generation of every route, one move after it came; and says which backends it does not find. */
export function gatewayController(store: ObjectStore, mood: () => GatewayMood) {
  return () => {
    if (mood() === 'sleeps') return
    for (const resource of ['httproutes', 'grpcroutes'] as const)
      for (const route of store.all(resource)) {
        const { generation } = route.metadata
        const told = (type: string, isTrue: boolean, reason: string, message: string) => ({
          type,
          status: isTrue ? 'True' : 'False',
          reason: isTrue ? type : reason,
          message,
          observedGeneration: generation,
          lastTransitionTime: '2026-11-21T01:10:48Z',
        })
        const refs: Ref[] = route.spec.rules.flatMap(({ backendRefs = [], filters = [] }: Rule) => [
          ...backendRefs,
          ...filters.flatMap(({ requestMirror }) => requestMirror?.backendRef ?? []),
        ])
        const missing = refs.find(({ name }) => store.get('services', name) === undefined)
        const conditions = [
          told('Accepted', mood() !== 'refuses', 'NotAllowedByListeners', ''),
          told('ResolvedRefs', missing === undefined, 'BackendNotFound', missing ? `Service ${missing.name} not found` : ''),
          ...(mood() === 'takes in part'
            ? [{ ...told('PartiallyInvalid', true, '', 'Dropped Rule(s)'), reason: 'UnsupportedValue' }]
            : []),
        ]
        const parents = route.spec.parentRefs.map((parentRef: Ref) => ({
          parentRef: { namespace: 'shop', ...parentRef },
          controllerName: 'example.com/gateway',
          conditions,
        }))
        store.setStatus(resource, { ...route, status: { parents } })
      }
  }
}
