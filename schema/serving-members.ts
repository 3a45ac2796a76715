import { listKeys } from './record.ts'
import type { FlagVariant, Serving } from './serving-shape.ts'

/* The members of what a flag serves. In a file without zod, because the admin UI uses it too. */

const known: Record<keyof Serving, true> = {
  type: true,
  variants: true,
  offVariant: true,
  serve: true,
  targets: true,
  bucketBy: true,
}

export const SERVING_MEMBERS = listKeys(known)

/** JSON writes -0 as 0. */
const dropNegativeZero = ({ name, value }: FlagVariant): FlagVariant => ({
  name,
  value: value === 0 ? 0 : value,
})

/** Leaves out what has its default, so that one meaning is one JSON. */
export const normalizeServing = <Settings extends Serving>(settings: Settings): Settings => {
  const result = { ...settings }
  const isBoolean = (settings.type ?? 'boolean') === 'boolean'
  if (isBoolean) {
    delete result.type
    delete result.variants
    delete result.offVariant
    if (result.serve === 'on') delete result.serve
  } else if (result.variants) result.variants = result.variants.map(dropNegativeZero)
  if (result.targets?.length === 0) delete result.targets
  if (result.bucketBy === 'userId') delete result.bucketBy
  for (const name of SERVING_MEMBERS) if (result[name] === undefined) delete result[name]
  return result
}

/** Picks what a flag serves; null when it is an on/off flag of the defaults. */
export const pickServing = (flag: Serving): Serving | null => {
  const members = SERVING_MEMBERS.flatMap((name) =>
    flag[name] === undefined ? [] : [[name, flag[name]] as const],
  )
  return members.length === 0 ? null : (Object.fromEntries(members) as Serving)
}
