import type { Track } from '../plan/program.js'
import { type Conduct, conductOf } from './conduct.js'
import type { Script } from './pretend.js'
import { dailyTraffic } from './traffic.js'
import type { Behaviour, World } from './world.js'

/** What a world describes for each unit in each stage. */
export function scriptOf(world: World): (track: Track) => Script {
  const scripts = new Map<string, Script>()
  return (track) => {
    const known = scripts.get(track.id)
    if (known) return known
    const own = world.places.filter(
      ({ stage, unit }) => (stage === undefined || stage === track.stage) && (unit === undefined || unit === track.unit),
    )
    const stable = Object.assign({}, world.stable, ...own.map((place) => place.stable)) as Record<string, Behaviour>
    const canary = Object.assign({}, stable, world.canary, ...own.map((place) => place.canary)) as Record<string, Behaviour>
    const traffic = own.findLast((place) => place.traffic !== undefined)?.traffic ?? world.traffic
    const script = { traffic: dailyTraffic(traffic), stable: conducts(stable), canary: conducts(canary) }
    scripts.set(track.id, script)
    return script
  }
}

const conducts = (behaviours: Readonly<Record<string, Behaviour>>): ReadonlyMap<string, Conduct> =>
  new Map(Object.entries(behaviours).map(([metric, behaviour]) => [metric, conductOf(behaviour)]))
