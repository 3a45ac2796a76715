/*
 * The steps of a run, as plain data: a run can be printed, replayed and made shorter. Flags, experiments, users and
 * isolates are numbers. The player chooses the thing behind a number when it plays the step.
 */

export const ISOLATES = 3
export const USERS = 3

export type Match = 'none' | 'current' | 'stale' | 'absent'
export type Intent =
  | {
      on: 'flag'
      flag: number
      method: 'PUT' | 'PATCH' | 'DELETE'
      enabled: boolean
      rollout: 0 | 100
      match: Match
    }
  | {
      on: 'experiment'
      experiment: number
      act: 'create' | 'launch' | 'pause' | 'reweight' | 'stop' | 'delete'
      weights: [number, number]
      /** Milliseconds from now to its start and its end. Null changes nothing. */
      startsIn: number | null
      endsIn: number | null
      match: Match
    }
  | { on: 'key'; key: number; act: 'create' | 'revoke' }

export type D1Mode = 'honest' | 'down' | 'commits silently' | 'slow' | 'late' | 'lost'
export type Fault =
  | { of: 'isolate kv'; at: number; mode: 'honest' | 'stale' | 'down' }
  | { of: 'isolate publisher'; at: number; mode: 'honest' | 'down' | 'lost' }
  | { of: 'publisher kv'; mode: 'honest' | 'refuses' | 'down' }
  | { of: 'api d1'; mode: 'honest' | 'down' | 'commits silently' }
  | { of: 'publisher d1' | 'participant d1'; mode: D1Mode }

export type Exposed = {
  user: number
  experiment: number
  variant: 'mine' | 'other'
  ago: number
}
export type Tracked = { user: number; type: 'booking.confirmed' | 'event.viewed'; ago: number }

export type Step =
  /** `untold`: the Worker ends before it notifies the Publisher. */
  | { do: 'edit'; at: number; intents: Intent[]; untold: boolean }
  /** Pauses, changes the weights and launches again. From then on the bucket alone does not give the variant. */
  | {
      do: 'reweigh'
      at: number
      experiment: number
      weights: [number, number]
      endsIn: number | null
    }
  | { do: 'read'; at: number; via: 'evaluate' | 'ofrep'; minVersion: boolean }
  | { do: 'knock'; at: number; key: number }
  | { do: 'assign'; user: number; experiment: number; at: number[]; crash: boolean }
  | { do: 'get variant'; user: number; experiment: number; at: number }
  | { do: 'expose'; at: number; items: Exposed[]; crash: boolean }
  | { do: 'track'; at: number; items: Tracked[] }
  | { do: 'replay'; at: number; back: number }
  | { do: 'drain'; user: number }
  | { do: 'alarm' }
  | { do: 'cron' }
  | { do: 'evict'; who: 'publisher' | number }
  | { do: 'abort'; who: 'publisher' | number }
  | { do: 'pass'; ms: number }
  | { do: 'fault'; fault: Fault }
  | { do: 'heal' }
  | { do: 'restart'; at: number }
  | { do: 'break glass'; at: number; flag: number }

export type Act = (Intent & { on: 'experiment' })['act']

/** One plain action on an experiment. */
export const acts = (
  act: Act,
  experiment: number,
  weights: [number, number],
  endsIn: number | null = null,
): Intent => ({
  on: 'experiment',
  experiment,
  act,
  weights,
  startsIn: null,
  endsIn,
  match: 'none',
})
