import type pg from 'pg'
import type { CallOptions } from '../../../src/ports/call-options.js'
import type { DeployTarget } from '../../../src/ports/deploy-target.js'
import type { TrafficRouter } from '../../../src/ports/traffic-router.js'
import { ReleaseError } from '../../../src/vocabulary/errors.js'

/** Units that live in tables, so that several processes act on the same ones. Everything asked of them is written down. */
export const createSharedWorld = `
  create table units (
    unit text primary key,
    token bigint not null default 0,
    stable text not null default '1',
    running text[] not null default '{1}',
    canary text,
    weight int not null default 0
  );
  create table calls (
    id bigserial primary key, unit text, method text, detail text, token bigint, process text, admitted boolean
  );
  -- The lock of the unit makes the order of calls the order of their ids.
  create function act(p_unit text, p_method text, p_detail text, p_token bigint, p_process text) returns boolean as $$
  declare
    highest bigint;
  begin
    insert into units (unit) values (p_unit) on conflict do nothing;
    select token into highest from units where unit = p_unit for update;
    insert into calls (unit, method, detail, token, process, admitted)
    values (p_unit, p_method, p_detail, p_token, p_process, p_token >= highest);
    if p_token < highest then
      return false;
    end if;
    update units set token = p_token,
      running = case p_method
        when 'deploy' then array_append(array_remove(running, p_detail), p_detail)
        when 'retire' then array_remove(running, p_detail)
        else running end,
      stable = case p_method when 'promote' then p_detail else stable end,
      canary = case p_method when 'settle' then p_detail when 'deploy' then p_detail else canary end,
      weight = case p_method when 'setWeight' then p_detail::int when 'settle' then 100 when 'deploy' then 0 else weight end
    where unit = p_unit;
    return true;
  end $$ language plpgsql;`

export function sharedWorld(pool: pg.Pool, process: string): { deploy: DeployTarget; router: TrafficRouter } {
  async function act(unit: string, method: string, detail: string, { signal, fencingToken }: CallOptions): Promise<void> {
    signal.throwIfAborted()
    const { rows } = await pool.query('select act($1, $2, $3, $4, $5) as admitted', [unit, method, detail, fencingToken, process])
    if (!rows[0].admitted) throw new ReleaseError('adapter/rejected', `A newer process has ${unit} (token ${fencingToken}).`)
  }
  async function look(unit: string): Promise<{ stable: string; running: string[]; canary: string | null; weight: number }> {
    const { rows } = await pool.query('select * from units where unit = $1', [unit])
    return rows[0] ?? { stable: '1', running: ['1'], canary: null, weight: 0 }
  }
  return {
    deploy: {
      deploy: ({ unit, artifact }, options) => act(unit, 'deploy', artifact.version, options),
      promote: ({ unit, artifact }, options) => act(unit, 'promote', artifact.version, options),
      retire: ({ unit, artifact }, options) => act(unit, 'retire', artifact.version, options),
      async observe(unit) {
        const { stable, running } = await look(unit)
        const versions = running.map((version) => ({ artifact: { version }, readyInstances: 1, instances: 1 }))
        return { stable: { version: stable }, versions }
      },
    },
    router: {
      capabilities: { mirror: false, smallestStepPercent: 1 },
      setWeight: ({ unit }, weight, options) => act(unit, 'setWeight', String(weight), options),
      async getWeight({ unit, canary }) {
        const found = await look(unit)
        return found.canary === canary ? found.weight : 0
      },
      settle: ({ unit, version }, options) => act(unit, 'settle', version, options),
    },
  }
}
