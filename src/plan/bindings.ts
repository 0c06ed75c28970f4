/** The names by which a plan reaches the outside world, by kind. Which adapter stands behind a name is said when it runs. */
export interface Bindings {
  readonly deploy: string
  readonly router: string
  readonly metrics: string
  readonly approver: string
  readonly hook: string
  readonly judge: string
}

/** Bindings of a plan that types could not see into, such as one from JSON: fits every orchestrator, checked when it starts. */
export type Unseen = { readonly [K in keyof Bindings]: never }

/** Collects the literal binding names from the type of a plan as written. Names typed as plain `string` are unseen. */
export interface BindingsIn<P> {
  readonly deploy: Name<Member<Place<P>, 'deploy'>>
  readonly router: Name<Member<Place<P>, 'router'>>
  readonly metrics: Name<Member<Place<P>, 'metrics'>>
  readonly approver: Name<Member<StepOf<P>, 'approver'>>
  readonly hook: Name<Member<StepOf<P>, 'hook' | 'undo'>>
  readonly judge: Name<Member<Extract<ValueOf<Member<P, 'judges'>>, { readonly use: 'custom' }>, 'judge'>>
}

type Name<T> = T extends string ? (string extends T ? never : T) : never
type ValueOf<T> = T extends object ? T[keyof T] : never
type Item<T> = T extends readonly (infer I)[] ? I : never
type Member<T, K extends string> = T extends unknown ? (K extends keyof T ? T[K] : never) : never
type StageOf<P> = Item<Member<P, 'stages'>>
type Place<P> = ValueOf<Member<P, 'units'>> | Member<StageOf<P>, 'bindings'>
type StepOf<P> =
  | Item<Member<Member<StageOf<P>, 'strategy'>, 'steps' | 'before' | 'after'>>
  | Item<Member<Member<StageOf<P>, 'gates'>, 'before' | 'after'>>
