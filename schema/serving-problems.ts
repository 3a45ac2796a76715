import { findValueProblem } from './flag-value.ts'
import type { FlagVariant, Serve, Serving, Target } from './serving-shape.ts'

/* What the members of a flag say about each other. In a file without zod, because the admin UI checks it too. */

/** The variants of a boolean flag. It has no others. */
export const BOOLEAN_VARIANTS: readonly FlagVariant[] = [
  { name: 'off', value: false },
  { name: 'on', value: true },
]

type Report = (path: readonly (string | number)[], message: string) => void

const checkVariants = ({ type = 'boolean', variants }: Serving, report: Report) => {
  if (variants === undefined) {
    if (type !== 'boolean') report(['variants'], `a flag of type ${type} needs variants`)
    return
  }
  const names = new Set<string>()
  for (const [index, { name, value }] of variants.entries()) {
    if (names.has(name)) report(['variants', index, 'name'], 'two variants have this name')
    names.add(name)
    const problem = findValueProblem(type, value)
    if (problem !== undefined) report(['variants', index, 'value'], problem)
    else if (type === 'boolean' && value !== (name === 'on'))
      report(['variants', index], 'a boolean flag has the variants on (true) and off (false)')
  }
}

const checkServe = (
  serve: Serve,
  names: ReadonlySet<string>,
  path: readonly (string | number)[],
  report: Report,
) => {
  const shares = typeof serve === 'string' ? [{ variant: serve, weight: 1 }] : serve
  const isSplit = typeof serve !== 'string'
  const used = new Set<string>()
  for (const [index, { variant }] of shares.entries()) {
    const at = isSplit ? [...path, index, 'variant'] : path
    if (!names.has(variant)) report(at, `there is no variant ${variant}`)
    if (used.has(variant)) report(at, `the variant ${variant} occurs twice`)
    used.add(variant)
  }
  if (shares.every(({ weight }) => weight === 0))
    report(path, 'the weights sum to 0: give at least one variant a weight')
}

const checkDefaults = ({ type = 'boolean', offVariant, serve }: Serving, report: Report) => {
  if (type === 'boolean') {
    if (offVariant !== undefined && offVariant !== 'off')
      report(['offVariant'], 'a boolean flag that is off serves off')
    return
  }
  if (offVariant === undefined) report(['offVariant'], 'name the variant for users without it')
  if (serve === undefined) report(['serve'], 'name the variant for users who get it')
}

/** The salt of a rollout is the key and the id, and that of shares is the key and `split`. */
const RESERVED_ID = 'split'

const checkTargets = (targets: readonly Target[], names: ReadonlySet<string>, report: Report) => {
  const ids = new Set([RESERVED_ID])
  for (const [index, { id, serve }] of targets.entries()) {
    if (ids.has(id))
      report(
        ['targets', index, 'id'],
        id === RESERVED_ID ? 'this id is reserved' : 'two targets have this id',
      )
    ids.add(id)
    checkServe(serve, names, ['targets', index, 'serve'], report)
  }
}

export const reportServingProblems = (serving: Serving, report: Report): void => {
  checkVariants(serving, report)
  checkDefaults(serving, report)
  const names = new Set((serving.variants ?? BOOLEAN_VARIANTS).map(({ name }) => name))
  const { offVariant, serve } = serving
  if (offVariant !== undefined && !names.has(offVariant))
    report(['offVariant'], `there is no variant ${offVariant}`)
  if (serve !== undefined) checkServe(serve, names, ['serve'], report)
  checkTargets(serving.targets ?? [], names, report)
}
