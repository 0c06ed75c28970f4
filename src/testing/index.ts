/** A pretended world for tests: time that passes when told to, a journal in memory, products that do as they are told. @module */

export { type FakeCall, type FakeWorldOptions, fakeWorld } from './fake-world.js'
export { type FlagServiceLaw, type FlagServiceSubject, flagServiceLaws } from './laws/flag-service.js' // what every adapter of a port obeys
export { type MemoryJournal, memoryJournal } from './memory-journal.js'
export { type VirtualClock, virtualClock } from './virtual-clock.js'
