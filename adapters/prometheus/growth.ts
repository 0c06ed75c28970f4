/**
 * PromQL for how much counters grew: from what was scraped last before the interval to what was scraped last in it. Intervals
 * that follow each other so count everything once, as it was. `increase` does not: it leaves out what came between the last
 * scrape of one interval and the first of the next, and stretches the rest, which would be evidence that nobody has seen.
 *
 * G1 A series that was not there at the start, though its instance was scraped then, counts in full. Many clients expose a
 *    series with its first event, and the first errors must count.
 * G2 What a process shows that started later counts in full, unless its start is seen as a reset: a new counter may have grown
 *    past the old one.
 * G3 After a reset, and where nothing is known of the start, `increase` is what remains.
 *
 * @param series - a selector; its instances are told apart by the labels `job` and `instance`, as Prometheus sets them
 * @param interval - milliseconds up to the instant of evaluation
 * @param from - the interval's start, epoch milliseconds
 */
export function growth(series: string, interval: number, from: number): string {
  const range = `[${interval}ms]`
  const atStart = `${series} offset ${interval}ms`
  const last = `last_over_time(${series}${range})`
  const steady = `unless resets(${series}${range}) > 0`
  const isOld = `and on (job, instance) (up offset ${interval}ms == 1)`
  const isYoung = `and on (job, instance) (last_over_time(process_start_time_seconds${range}) > ${from / 1000})`
  return `((${last} unless ${atStart}) ${isOld} or (${series} ${steady}) ${isYoung} or (${last} - ${atStart} >= 0) ${steady} or increase(${series}${range}))`
}
