import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Deployment, Template } from './workload.js'

export const fieldManager = 'taxiway'
const manager = { 'app.kubernetes.io/managed-by': fieldManager }
const versionLabel = 'taxiway.dev/version'

/** Only what was made here may be changed and deleted as a canary. */
export const isOurs = ({ metadata }: Deployment) => metadata.labels['app.kubernetes.io/managed-by'] === fieldManager

/**
 * The canary: everything that stable's Deployment says, but for the image, the number of replicas, and the labels by which
 * stable selects its pods. All of those get other values, so that neither stable nor its Service takes a canary's pod for its own.
 */
export function canaryOf(stable: Deployment, name: string, namespace: string, container: string, image: string, version: string) {
  const { replicas: _, paused: __, selector, template, ...rest } = stable.spec
  const matchLabels = Object.fromEntries(Object.entries(selector.matchLabels).map(([key, value]) => [key, `${value}-canary`]))
  if (Object.keys(matchLabels).length === 0)
    throw new ReleaseError(
      'adapter/rejected',
      `Deployment "${stable.metadata.name}" selects its pods without matchLabels, so a canary's could not be told from them. Make it anew with some.`,
    )
  const { labels, annotations } = template.metadata
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: manager },
    spec: {
      ...rest,
      selector: { matchLabels },
      template: {
        metadata: {
          labels: { ...labels, ...matchLabels, [versionLabel]: labelValue(version) },
          ...(annotations && { annotations }),
        },
        spec: withImage(template, container, image),
      },
    },
  }
}

/** The fields of stable's Deployment that are ours: everything else stays with whoever wrote it. */
export function stableImage(name: string, namespace: string, container: string, image: string, version: string) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      template: {
        metadata: { labels: { [versionLabel]: labelValue(version) } },
        spec: { containers: [{ name: container, image }] },
      },
    },
  }
}

function withImage({ spec }: Template, name: string, image: string): Template['spec'] {
  return {
    ...spec,
    containers: spec.containers.map((container) => (container.name === name ? { ...container, image } : container)),
  }
}

/** For people and metrics; the image is what counts. Versions may be longer than labels, and end in what labels may not. */
const labelValue = (version: string) => version.slice(0, 63).replace(/[^a-z0-9]+$/i, '')
