import { computed } from '@preact/signals'
import { experiments, loadExperiments } from './experiments.ts'
import { flags } from './flags.ts'
import { keys, loadKeys } from './keys.ts'
import { loadMembers, members } from './members.ts'
import { hasRole } from './session.ts'

/** What the audit may be about, as it names it, and as people do. */
export const targets = computed(() => [
  ...(flags.value.items ?? []).map(({ key }) => ({ target: `flag:${key}`, name: key })),
  ...(experiments.value.items ?? []).map(({ key }) => ({ target: `experiment:${key}`, name: key })),
  ...(keys.value.items ?? []).map(({ id, name }) => ({ target: `key:${id}`, name })),
  ...(members.value.items ?? []).map(({ email }) => ({ target: `member:${email}`, name: email })),
])

/** Flags are there already; keys and members are for admins. */
export const loadTargets = async (): Promise<void> => {
  const mine = hasRole('admin') ? [loadKeys(), loadMembers()] : []
  await Promise.all([loadExperiments(), ...mine])
}

/** What was typed, as the audit names it: a name will do. What is not there any more is taken for a flag. */
export const findTarget = (text: string): string => {
  if (text === '' || text.includes(':')) return text
  return targets.value.find(({ name }) => name === text)?.target ?? `flag:${text}`
}
