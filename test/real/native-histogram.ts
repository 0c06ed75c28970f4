export const protobufType = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'

/** Two buckets for each doubling: bucket `i` holds `(2^((i-1)/2), 2^(i/2)]`. */
const schema = 1

/**
 * A native histogram as services expose it: the protobuf message `io.prometheus.client.MetricFamily`, as far as it is needed.
 * @see https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
export function nativeHistogram(name: string, labels: Readonly<Record<string, string>>, values: readonly number[]): Buffer {
  const indexes = values.map((value) => Math.ceil(Math.log2(value) * 2 ** schema))
  const least = Math.min(...indexes, 0)
  const counts = Array.from(
    { length: Math.max(...indexes, 0) - least + 1 },
    (_, i) => indexes.filter((index) => index === least + i).length,
  )
  const histogram = [
    field(1, varint(values.length)),
    double(
      2,
      values.reduce((a, b) => a + b, 0),
    ),
    field(5, zigzag(schema)),
    double(6, 1e-9),
    field(7, varint(0)),
    message(12, [field(1, zigzag(least)), field(2, varint(counts.length))]),
    ...counts.map((count, i) => field(13, zigzag(count - (counts[i - 1] ?? 0)))),
  ]
  const pairs = Object.entries(labels).map(([label, value]) => message(1, [text(1, label), text(2, value)]))
  const family = Buffer.concat([text(1, name), field(3, varint(4)), message(4, [...pairs, message(7, histogram)])])
  return Buffer.concat([varint(family.length), family])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}
const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value)
const field = (number: number, value: Buffer) => Buffer.concat([varint(number * 8), value])
const message = (number: number, parts: readonly Buffer[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body])
}
const text = (number: number, value: string) => message(number, [Buffer.from(value)])
const double = (number: number, value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([varint(number * 8 + 1), bytes])
}
