/**
 * For tests: a pretended world, time that passes when told to, a journal in memory, and the laws that adapters obey, for
 * those who write their own: `for (const { name, run } of lawCases(deployTargetLaws, make)) test(name, run)`.
 * @module
 */

export { type RandomSource, xoshiro128 } from '../vocabulary/xoshiro128.js' // chance that is the same every time
export { fakeApprover } from './fake-approver.js'
export { fakeHook } from './fake-hook.js'
export { type FakeCall, type FakeWorldOptions, fakeWorld } from './fake-world.js'
export { type ApproverSubject, approverLaws } from './laws/approver.js'
export { type ClockSubject, clockLaws } from './laws/clock.js'
export { type DeployTargetSubject, deployTargetLaws } from './laws/deploy-target.js'
export { type FlagServiceSubject, flagServiceLaws } from './laws/flag-service.js'
export { type HookSubject, hookLaws } from './laws/hook.js'
export { type JournalSubject, journalLaws } from './laws/journal.js'
export type { Law, Make } from './laws/law.js'
export { type LawCase, type LawOptions, lawCases } from './laws/law-cases.js'
export { type LeaseSubject, leaseLaws } from './laws/lease.js'
export { type MetricsSourceSubject, metricsSourceLaws } from './laws/metrics-source.js'
export { type ObserverSubject, observerLaws } from './laws/observer.js'
export { type TrafficRouterSubject, trafficRouterLaws } from './laws/traffic-router.js'
export { type MemoryJournal, memoryJournal } from './memory-journal.js'
export { type MemoryLeases, memoryLeases } from './memory-leases.js'
export { type RecordingObserver, recordingObserver } from './recording-observer.js'
export { type VirtualClock, virtualClock } from './virtual-clock.js'
