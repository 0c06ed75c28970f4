import { readFileSync } from 'node:fs'

/** What a real API server of Kubernetes 1.36.2 answered. */
export const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/kubernetes-1.36.2/${name}.json`, import.meta.url), 'utf8'))

/** The same refusal, of another object. */
export function refusalOf(name: string, object: { readonly resource: string; readonly name: string }) {
  const { resource, name: own } = object
  const group = resource.replace(/^[^.]+\.?/, '')
  const text = JSON.stringify(recorded(name))
    .replaceAll('httproutes.gateway.networking.k8s.io', resource)
    .replaceAll('"gateway.networking.k8s.io"', JSON.stringify(group))
    .replaceAll('"httproutes"', JSON.stringify(resource.split('.')[0]))
    .replaceAll('\\"nosuch\\"', `\\"${own}\\"`)
    .replaceAll('"nosuch"', `"${own}"`)
    .replaceAll('\\"web\\"', `\\"${own}\\"`)
    .replaceAll('"web"', `"${own}"`)
  return JSON.parse(text) as { code: number }
}
