import {
  compileFlags,
  compileFlag,
  evaluate,
  evaluateAll,
  hashUser,
  isOn,
  readSubject,
} from '../../worker/evaluate/index.ts'
import { createContexts, createFlags, type BenchContext } from './workload.ts'

/* What is measured in one process; the same code runs in Node and inside workerd. */

export const COUNTS = [1, 50, 200, 1_000, 5_000] as const

/** More than a thousand, so that no branch predictor learns them. */
export const contexts = createContexts(1_024)

const BLOCK = 8
let next = 0
let sink = 0

/** Keeps the optimiser from removing unused results. */
export const use = (value: number) => (sink = (sink + value) | 0)

/** Elapsed milliseconds. In Node this is CPU time, which other processes do not affect. */
export type Clock = () => number

/** Nanoseconds a call, over the contexts in turn, for about that many milliseconds. */
export const measureNanoseconds = (
  clock: Clock,
  work: (context: BenchContext) => void,
  ms = 20,
): number => {
  const start = clock()
  let calls = 0
  do {
    for (let i = 0; i < BLOCK; i++) work(contexts[next++ & 1_023] as BenchContext)
    calls += BLOCK
  } while (clock() - start < ms)
  return ((clock() - start) * 1e6) / calls
}

/** Our engine with a number of flags, in nanoseconds a context. */
export const createOurs = (count: number, clock: Clock) => {
  const flags = createFlags(count).map((flag) => compileFlag(flag))
  const all = compileFlags(flags)
  return {
    together: () =>
      measureNanoseconds(clock, (context) => use(Number(isOn(evaluateAll(all, context), 0)))),
    oneByOne: () =>
      measureNanoseconds(clock, (context) => {
        const subject = readSubject(context)
        for (const flag of flags) use(Number(evaluate(flag, subject).value))
      }),
    hash: () => measureNanoseconds(clock, ({ userId }) => use(hashUser(userId).first)),
  }
}

export type OurTimes = Record<keyof ReturnType<typeof createOurs>, number>
