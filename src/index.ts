/** Plan rollouts, run them, watch them. Analysis, lifecycle, reports, fakes and adapters are subpaths of their own. @module */

export type { Adapters, Supplied } from './engine/adapters.js'
export type { RetryPolicy } from './engine/attempt.js'
export { flagHooks } from './engine/flag-hooks.js'
export type { By, ReleaseEntry, ReleaseHandle } from './engine/handle.js'
export { createOrchestrator, type Orchestrator, type OrchestratorOptions, type StartOptions } from './engine/orchestrator.js' // run it
export { systemClock } from './engine/system-clock.js'
export type { ReleaseStatus, StatusWord, TrackStatus, Waiting } from './lifecycle/status.js' // know what is happening
export type { Bindings, Unseen } from './plan/bindings.js'
export { definePlan, type Plan, parsePlan, planFromJson, planHash } from './plan/define-plan.js' // describe a release
export { planJsonSchema } from './plan/json-schema.js' // for editors
export type { PlanInput, PlanTree } from './plan/plan-schema.js'
export { approve, bake, judge, run, type Step, shift, verify } from './plan/step.js' // one action after the other
export { allAtOnce, blueGreen, canary, type Strategy } from './plan/strategy.js' // how a unit gets from nobody to everybody
export { type ExpectedTraffic, type PlanWarning, planWarnings } from './plan/warnings.js' // what its bakes could not see
export type { ApprovalAnswer, ApprovalRequest, Approver } from './ports/approver.js'
export type { CallOptions } from './ports/call-options.js' // stand behind a name
export type { Clock } from './ports/clock.js'
export type { DeployTarget, UnitState } from './ports/deploy-target.js'
export type { FlagService } from './ports/flag-service.js'
export type { Hook, HookRequest } from './ports/hook.js'
export type { Journal, JournalRecord } from './ports/journal.js'
export type { HeldLease, Lease } from './ports/lease.js'
export type { MetricsRequest, MetricsSource } from './ports/metrics-source.js'
export type { Observer } from './ports/observer.js'
export type { Route, TrafficRouter } from './ports/traffic-router.js'
export type { Actor } from './vocabulary/actor.js'
export type { Artifact } from './vocabulary/artifact.js'
export type { Json } from './vocabulary/canonical-json.js'
export { type ErrorDetails, ReleaseError, type ReleaseErrorCode } from './vocabulary/errors.js' // fail well
export type { Comparison, Look, Measurement, MissingReason } from './vocabulary/measurement.js'
export type { Cumulative, Reading } from './vocabulary/reading.js'
export { type Secret, secret } from './vocabulary/secret.js' // keep a credential out of every record
export type { Outcome, Reason, Verdict } from './vocabulary/verdict.js'
