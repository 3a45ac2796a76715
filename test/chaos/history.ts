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
/** A version that the Publisher made without D1. */
type Flip = Entry & { readonly base: number }

/**
 * All worlds of a run by snapshot version, from the one before its first edit: those of D1, one after the other, and
 * those that the Publisher made of one of them by switching flags off.
 */
export const createHistory = (base: { version: number; auditId: number }, clock: Clock) => {
  const first: Entry = {
    version: base.version,
    world: NOTHING,
    provenAt: Number.NEGATIVE_INFINITY,
  }
  const entries = [first]
  const flips: Flip[] = []
  const last = () => entries.at(-1) ?? first
  const flipAt = (version: number) => flips.find((flip) => flip.version === version)
  const worldAt = (version: number): World =>
    (flipAt(version) ?? entries.findLast((entry) => entry.version <= version))?.world ?? NOTHING
  const latestBy = (among: readonly Entry[], now: number) =>
    among.findLast(({ provenAt }) => provenAt + BOUND_MS <= now)?.version
  return {
    /** The id of the last audit row that is explained. */
    auditId: base.auditId,
    /** The latest version of which an edit said that it is out. */
    published: base.version,
    /** The latest version of D1. */
    version: () => last().version,
    world: () => last().world,
    worldAt,
    /** Whether a version ever existed; those of the runs before are not told apart. */
    isKnown: (version: number) =>
      version <= base.version ||
      flipAt(version) !== undefined ||
      entries.some((entry) => entry.version === version),
    /** The version of D1 up to which all edits are in a version. */
    contained: (version: number) => flipAt(version)?.base ?? version,
    /** The worlds of D1 that there were from a version on. */
    worldsSince: (version: number) =>
      entries.filter((entry) => entry.version >= version).map(({ world }) => world),
    /** The worlds that somebody may have answered from who knew the first version, and knows the second now. */
    worldsBetween: (from: number, to: number): [World, ...World[]] => [
      worldAt(to),
      ...entries.filter(({ version }) => version > from && version < to).map(({ world }) => world),
      worldAt(from),
    ],
    push(version: number, world: World) {
      entries.push({ version, world, provenAt: clock.highest() })
    },
    /** Switches a flag off in what the Publisher holds: a version of D1, with whatever was switched off in it before. */
    flip(version: number, on: number, target: string) {
      const held = flips.findLast((flip) => flip.base === on)?.world ?? worldAt(on)
      const flag = held.flags[target]
      const flags = flag ? { ...held.flags, [target]: { ...flag, enabled: false } } : held.flags
      flips.push({ version, base: on, world: { ...held, flags }, provenAt: clock.highest() })
    },
    /** The least version that D1 must have after each flip. */
    leasts: () => flips.map(({ version }) => version + 1),
    /** The version of D1 that everything which is verified within the bound must show. */
    due: (now: number): number => latestBy(entries, now) ?? base.version,
    /** The flip that everyone who reaches the Publisher must show, whether or not D1 is there. */
    dueFlip: (now: number): number => latestBy(flips, now) ?? base.version,
  }
}

export type History = ReturnType<typeof createHistory>
