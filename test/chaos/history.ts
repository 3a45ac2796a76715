import { NOTHING, type World } from './model.ts'
import type { Clock } from './time.ts'

/** A broken promise. Its message says for a person what was expected and what was found. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export const expectThat = (holds: boolean, otherwise: () => string): void => {
  if (!holds) throw new Violation(otherwise())
}

/** The guaranteed freshness. */
const BOUND_MS = 30_000

type Entry = {
  readonly version: number
  readonly world: World
  /** The latest instant on any clock at the commit: each snapshot verified after it contains the edit. */
  readonly provenAt: number
}
/** A version that the Publisher made without D1. */
type Flip = Entry & { readonly base: number }

/**
 * All worlds of a run by snapshot version, from the version before its first edit. D1 makes one after the other.
 * The Publisher makes more by break-glass.
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
    /** The id of the last audit row with a known edit. */
    auditId: base.auditId,
    /** The latest version that an answer called published. */
    published: base.version,
    /** The latest version in D1. */
    version: () => last().version,
    world: () => last().world,
    worldAt,
    /** Whether a version ever existed. Versions of earlier runs all count as known. */
    isKnown: (version: number) =>
      version <= base.version ||
      flipAt(version) !== undefined ||
      entries.some((entry) => entry.version === version),
    /** The latest version of D1 whose edits are all in a version. */
    contained: (version: number) => flipAt(version)?.base ?? version,
    /** The worlds of D1 from a version on. */
    worldsSince: (version: number) =>
      entries.filter((entry) => entry.version >= version).map(({ world }) => world),
    /** The worlds that an isolate may have answered from between knowing the first and the second version. */
    worldsBetween: (from: number, to: number): [World, ...World[]] => [
      worldAt(to),
      ...entries.filter(({ version }) => version > from && version < to).map(({ world }) => world),
      worldAt(from),
    ],
    push(version: number, world: World) {
      entries.push({ version, world, provenAt: clock.highest() })
    },
    /** Switches a flag off in the Publisher's world: a version of D1 with all earlier overrides. */
    flip(version: number, on: number, target: string) {
      const held = flips.findLast((flip) => flip.base === on)?.world ?? worldAt(on)
      const flag = held.flags[target]
      const flags = flag ? { ...held.flags, [target]: { ...flag, enabled: false } } : held.flags
      flips.push({ version, base: on, world: { ...held, flags }, provenAt: clock.highest() })
    },
    /** The least version of D1 after each override. */
    leasts: () => flips.map(({ version }) => version + 1),
    /** The version of D1 that each snapshot verified within the bound must contain. */
    due: (now: number): number => latestBy(entries, now) ?? base.version,
    /** The override that each isolate with a connection to the Publisher must show, with or without D1. */
    dueFlip: (now: number): number => latestBy(flips, now) ?? base.version,
  }
}

export type History = ReturnType<typeof createHistory>
