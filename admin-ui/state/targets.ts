import { computed } from '@preact/signals'
import { experiments, loadExperiments } from './experiments.ts'
import { flags } from './flags.ts'
import { keys, loadKeys } from './keys.ts'
import { loadMembers, members } from './members.ts'
import { loadSegments, segments } from './segments.ts'
import { hasRole } from './session.ts'

/** The possible targets of audit entries, with the names that people know. */
export const targets = computed(() => [
  ...(flags.value.items ?? []).map(({ key }) => ({ target: `flag:${key}`, name: key })),
  ...(segments.value.items ?? []).map(({ key }) => ({ target: `segment:${key}`, name: key })),
  ...(experiments.value.items ?? []).map(({ key }) => ({ target: `experiment:${key}`, name: key })),
  ...(keys.value.items ?? []).map(({ id, name }) => ({ target: `key:${id}`, name })),
  ...(members.value.items ?? []).map(({ email }) => ({ target: `member:${email}`, name: email })),
])

/** Flags are loaded already. Only admins may read keys and members. */
export const loadTargets = async (): Promise<void> => {
  const mine = hasRole('admin') ? [loadKeys(), loadMembers()] : []
  await Promise.all([loadSegments(), loadExperiments(), ...mine])
}

/** Finds the target of a typed name. An unknown name is taken for a deleted flag. */
export const findTarget = (text: string): string => {
  if (text === '' || text.includes(':')) return text
  return targets.value.find(({ name }) => name === text)?.target ?? `flag:${text}`
}
