/*
 * What may happen, as plain data: a run is a list of these, so that it can be printed, replayed and made shorter.
 * Flags, experiments, users and isolates are numbers; what they stand for is settled when the step is taken.
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
      /** Milliseconds from now to its start and its end; null leaves them alone. */
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
  /** `untold`: the Worker dies before it can tell the Publisher. */
  | { do: 'edit'; at: number; intents: Intent[]; untold: boolean }
  /** Pauses, changes the weights, goes on: from here on the bucket is not the assignment. */
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

/** One act on an experiment, and nothing special about it. */
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
