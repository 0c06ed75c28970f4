/** The pure machine under the engine: replay a journal, draw the states, prove what can happen. @module */
export { type Command, type TrackEvent, trackMachine } from './machine.js'
export { type Effect, effectSchema, eventSchema, type ReleaseEvent, type Signal, signalSchema } from './protocol.js'
export { parseRecord, type ReleaseRecord, recordSchema, replayStep } from './record.js'
export { awaited, deadlines, type Move, type ReleaseSnapshot, stateOf, step, type TrackSnapshot } from './release.js'
export { refusalOf } from './signals.js'
export { type ReleaseStatus, type StatusWord, statusOf, type TrackStatus, type Waiting } from './status.js'
export type { Cause, TrackContext, TrackSetting } from './track-context.js'
