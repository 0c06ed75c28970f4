import type { Artifact } from '../../src/vocabulary/artifact.js'

/**
 * `repository:version`, and `repository:version@sha256:…` where the digest is known: then the digest alone says what is
 * pulled, and the tag says which version that is.
 */
export function imageOf(repository: string, { version, digest }: Artifact): string {
  return `${repository}:${version}${digest === undefined ? '' : `@${digest}`}`
}

/** What an image of this repository is; none for one of another repository, or without a tag. */
export function artifactOf(repository: string, image: string): Artifact | undefined {
  const [name = '', digest] = image.split('@')
  const version = name.startsWith(`${repository}:`) ? name.slice(repository.length + 1) : ''
  if (!/^[\w.-]+$/.test(version)) return undefined
  return digest === undefined ? { version } : { version, digest }
}
