/**
 * MurmurHash3, x86, 32 bits, seed 0; of ASCII text.
 * @see A. Appleby (2011), MurmurHash3, public domain
 */
export function murmur3(text: string): number {
  const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits))
  const scramble = (block: number) => Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593)
  const bytes = Buffer.from(text)
  const tail = bytes.length % 4
  let hash = 0
  for (let at = 0; at + 4 <= bytes.length; at += 4)
    hash = (Math.imul(rotate(hash ^ scramble(bytes.readInt32LE(at)), 13), 5) + 0xe6546b64) | 0
  if (tail > 0) hash ^= scramble(bytes.readUIntLE(bytes.length - tail, tail))
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
