import { lookup as resolveName } from 'node:dns'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** Sends one request, follows nothing, reads no body. @returns the status. Rejects when none came */
export type Post = (
  url: URL,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly signal: AbortSignal },
) => Promise<number>

/** Where cloud machines keep their credentials, and what is nobody's address. IPv4 rules also hold for `::ffff:…`. */
const never = new BlockList()
never.addSubnet('169.254.0.0', 16)
never.addSubnet('0.0.0.0', 8)
never.addAddress('100.100.100.200')
never.addSubnet('fe80::', 10, 'ipv6')
never.addAddress('fd00:ec2::254', 'ipv6')
never.addAddress('::', 'ipv6')

/** This machine: only for those who name it, since a name that leads here has been bent. */
const here = new BlockList()
here.addSubnet('127.0.0.0', 8)
here.addAddress('::1', 'ipv6')

const isIn = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/**
 * Posts over https, or http where the origin was allowed as such. The address is checked after the name was resolved and is
 * the one connected to, so a name that is bent in between leads nowhere.
 */
export const guardedPost: Post = (url, { headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? secure : plain
    // No agent: a connection that is kept would answer for a name that has moved since.
    const options = {
      method: 'POST',
      agent: false,
      signal,
      lookup: guardedLookup,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    }
    const sent = request(url, options, (response) => {
      response.destroy()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end(body)
  })

const guardedLookup: LookupFunction = (hostname, options, callback) =>
  resolveName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '')
    const allowed = addresses.filter(({ address }) => !isIn(never, address) && (hostname === 'localhost' || !isIn(here, address)))
    const [first] = allowed
    if (first === undefined) return callback(new Error(`${hostname} leads to an address that no webhook may reach`), '')
    if (options.all) return callback(null, allowed)
    callback(null, first.address, first.family)
  })

/**
 * @param allow - host names, for https at its usual port, or origins such as `http://10.0.0.7:8080`
 * @throws ReleaseError `input/invalid` for a URL the operator has not allowed
 */
export function allowedUrl(text: string, allow: readonly string[]): URL {
  const url = URL.parse(text)
  const origins = allow.map((entry) => URL.parse(entry.includes('://') ? entry : `https://${entry}`)?.origin)
  const address = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  const isAllowed = url && /^https?:$/.test(url.protocol) && origins.includes(url.origin) && !url.username && !url.password
  if (isAllowed && !(isIP(address) && isIn(never, address))) return url
  throw new ReleaseError(
    'input/invalid',
    `The webhook may not post to ${url?.origin ?? 'what is no URL'}. Add the host to \`allow\`, or its origin where it is not https at port 443.`,
  )
}
