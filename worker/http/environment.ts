import { EnvironmentTone, type Actor, type Environment, type Me } from '../../schema/session.ts'
import type { Env } from '../env.ts'

/** Reads `staging=https://…, production=https://…`. An entry without a usable address is left out. */
const readOthers = (text: string): Environment['others'] =>
  text.split(',').flatMap((entry) => {
    const [name = '', ...rest] = entry.split('=')
    const url = rest.join('=').trim()
    return name.trim() && /^https?:\/\/./.test(url) && URL.canParse(url)
      ? [{ name: name.trim(), url }]
      : []
  })

/** Which environment this deployment is, from its variables; undefined without a name. */
export const readEnvironment = (env: Env): Environment | undefined => {
  const name = env.ENVIRONMENT_NAME?.trim()
  if (!name) return undefined
  const tone = EnvironmentTone.safeParse(env.ENVIRONMENT_TONE?.trim()).data
  return { name, ...(tone && { tone }), others: readOthers(env.ENVIRONMENTS ?? '') }
}

/** An admin, and the environment that they administer. */
export const toMe = (env: Env, { actor, role }: Actor): Me => {
  const environment = readEnvironment(env)
  return { actor, role, ...(environment && { environment }) }
}
