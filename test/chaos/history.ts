import { NOTHING, type World } from './model.ts'
import type { Clock } from './time.ts'

/** What was expected and what was found; its message is for a person. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export const expectThat = (holds: boolean, otherwise: () => string): void => {
  if (!holds) throw new Violation(otherwise())
}

/** The freshness that is guaranteed. */
const BOUND_MS = 30_000

type Entry = {
  readonly version: number
  readonly world: World
  /** The latest instant that any clock had shown when it was committed: what is verified from then on has it. */
  readonly provenAt: number
}

/** All worlds of a run by snapshot version, from the one before its first edit. */
export const createHistory = (base: { version: number; auditId: number }, clock: Clock) => {
  const entries: Entry[] = [
    { version: base.version, world: NOTHING, provenAt: Number.NEGATIVE_INFINITY },
  ]
  const last = () => entries.at(-1) ?? { version: base.version, world: NOTHING, provenAt: 0 }
  return {
    /** The id of the last audit row that is explained. */
    auditId: base.auditId,
    /** The latest version of which an edit said that it is out. */
    published: base.version,
    version: () => last().version,
    world: () => last().world,
    worldAt: (version: number): World =>
      entries.findLast((entry) => entry.version <= version)?.world ?? NOTHING,
    /** The worlds that there were from a version on. */
    worldsSince: (version: number) =>
      entries.filter((entry) => entry.version >= version).map(({ world }) => world),
    push(world: World) {
      entries.push({ version: last().version + 1, world, provenAt: clock.highest() })
    },
    /** The version that everything which is verified within the bound must show. */
    due: (now: number): number =>
      entries.findLast(({ provenAt }) => provenAt + BOUND_MS <= now)?.version ?? base.version,
  }
}

export type History = ReturnType<typeof createHistory>
