import { type Exposition, ExpositionReader } from './exposition.js'
import { ExpositionError, type ExpositionFormat } from './parse.js'

export interface ScrapeLimits {
  readonly fetch: typeof globalThis.fetch
  /** After decompression. */
  readonly maxBytes: number
  readonly maxSeries: number
}

export type Scrape = Exposition | { readonly failed: string }

/** Both formats, in the versions this adapter reads. */
const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
const readable: Readonly<Record<string, { format: ExpositionFormat; versions: readonly (string | undefined)[] }>> = {
  'text/plain': { format: 'prometheus', versions: ['0.0.4', undefined] },
  'application/openmetrics-text': { format: 'openmetrics', versions: ['1.0.0', '0.0.1', undefined] },
}

/** What the instance exposes, or why that cannot be had; also when the signal was aborted. Never rejects. */
export async function scrape(url: URL, wanted: ReadonlySet<string>, limits: ScrapeLimits, signal: AbortSignal): Promise<Scrape> {
  const { fetch } = limits
  try {
    // A redirect would be the answer of somebody else than the instance that was asked.
    const response = await fetch(url, { signal, redirect: 'manual', headers: { accept } })
    const type = response.headers.get('content-type')
    const format = formatOf(type)
    if (response.status === 200 && format !== undefined) return await readBody(response, format, wanted, limits)
    await response.body?.cancel()
    if (response.status !== 200) return { failed: `answered status ${response.status}` }
    return { failed: `answered with content type ${JSON.stringify(type?.slice(0, 100))}, which is not an exposition` }
  } catch (error) {
    return { failed: error instanceof ExpositionError ? `exposed what cannot be read: ${error.message}` : describe(error) }
  }
}

function formatOf(contentType: string | null): ExpositionFormat | undefined {
  const [media = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase())
  const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice('version='.length)
  const known = Object.hasOwn(readable, media) ? readable[media] : undefined
  return known?.versions.includes(version) ? known.format : undefined
}

async function readBody(
  response: Response,
  format: ExpositionFormat,
  wanted: ReadonlySet<string>,
  { maxBytes, maxSeries }: ScrapeLimits,
): Promise<Exposition> {
  const reader = new ExpositionReader({ format, maxSeries, wanted })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let bytes = 0
  // Leaving the loop by an error cancels the body, and with it the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new ExpositionError(`more than ${maxBytes} bytes`)
    reader.push(decoder.decode(chunk, { stream: true }))
  }
  reader.push(decoder.decode())
  return reader.end()
}

/** Codes and names only: messages of a network stack may quote what was sent. */
function describe(error: unknown): string {
  const { code, name } = ((error as Error | undefined)?.cause ?? error ?? {}) as { code?: unknown; name?: unknown }
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'exposed what is not UTF-8'
  return `did not answer, or broke off (${String(code ?? name)})`
}
