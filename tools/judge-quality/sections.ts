import type { Section } from './section.ts'
import { distance } from './sections/bound.ts'
import { declared } from './sections/deadline.ts'
import { gauge } from './sections/gauge.ts'
import { grid } from './sections/grid.ts'
import { latency } from './sections/latency.ts'
import { nulls } from './sections/nulls.ts'
import { late } from './sections/onset.ts'
import { promotion } from './sections/promotion.ts'
import { speed } from './sections/speed.ts'
import { split } from './sections/split.ts'
import { weather } from './sections/worlds.ts'

/** In the order of printing. */
export const sections = [
  grid,
  nulls,
  distance,
  late,
  declared,
  weather,
  promotion,
  latency,
  gauge,
  split,
  speed,
] as unknown as readonly Section[]
