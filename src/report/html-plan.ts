import type { ReleaseSnapshot } from '../lifecycle/release.js'
import type { Track } from '../plan/program.js'
import { html, htmlJson, type Markup } from './html.js'
import { sayStep } from './words.js'

const onFailure = {
  rollback: 'the stage rolls back',
  'rollback-all': 'every stage rolls back',
  hold: 'it is held for a human',
} as const

/** The plan in words, its judges, and the whole of it as it was hashed. */
export function planSection({ plan, program }: ReleaseSnapshot): Markup {
  const judges = Object.entries(plan.judges)
  return html`${plan.stages.map(({ name, after, strategy, onFailure: fallback }) => {
    const tracks = program.tracks.filter(({ stage }) => stage === name)
    const place = after.length > 0 ? `after ${after.join(' and ')}` : 'from the start'
    return html`<h3>${name}</h3><p class="meta">${strategy.type}, ${place}; on failure ${onFailure[fallback]}</p>${alike(
      tracks,
    ).map(
      ([names, track]) =>
        html`<p>${names.join(', ')}</p><ol class="steps">${track.steps.map((step) => html`<li>${sayStep(step)} <span class="dim">${step.id}</span></li>`)}</ol>`,
    )}`
  })}${judges.length > 0 && html`<h3>Judges</h3>`}${judges.map(
    ([name, settings]) =>
      html`<div id="judge-${name}"><p>${name} <span class="dim">${settings.use}</span></p>${htmlJson(settings)}</div>`,
  )}<details><summary>The whole plan, as it was hashed</summary>${htmlJson(plan)}</details>`
}

/** Tracks with the same steps are told once. */
function alike(tracks: readonly Track[]): [names: string[], track: Track][] {
  const groups = new Map<string, [string[], Track]>()
  for (const track of tracks) {
    const key = JSON.stringify(track.steps)
    const [names] = groups.get(key) ?? [[]]
    groups.set(key, [[...names, track.id], track])
  }
  return [...groups.values()]
}
