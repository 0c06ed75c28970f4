/** Test a rollout policy before production meets it: whole releases in pretended worlds, in virtual time. @module */

export { type BacktestOptions, backtest, type Regression } from './backtest.js'
export { comparePolicies, type Difference } from './compare-policies.js'
export { type DryRun, type DryRunFinding, type DryRunOptions, dryRun } from './dry-run.js'
export type { Amount, Rate } from './estimates.js'
export { type Evaluation, type EvaluationOptions, evaluatePolicy, type Trial, type TrialResult } from './evaluate-policy.js'
export {
  expectRelease,
  type MatcherResult,
  type ReleaseExpectation,
  type RolloutMatchers,
  rolloutMatchers,
} from './expect-release.js'
export { expectations, type Finding } from './expectations.js'
export { timelineText } from './explain.js'
export type { Exposure } from './place.js'
export { policyPage } from './policy-page.js'
export { type Evaluations, policyTable } from './policy-table.js'
export { csvSeries, prometheusSeries, type RecordedSeries } from './recorded-series.js'
export { type Recording, recordingSchema } from './recording.js'
export { type Operation, type Rehearsal, type RehearsalOptions, type RehearsedPoint, rehearse } from './rehearse.js'
export type { SimulationResult, Wait } from './result.js'
export type { RunOutcome } from './run-outcome.js'
export { simulate } from './simulate.js'
export { type Simulation, type SimulationOptions, startSimulation } from './start-simulation.js'
export { type Behaviour, type World, type WorldInput, worldSchema } from './world.js'
