/**
 * Memory that lives as long as the isolate: `env` is the same object for all its requests.
 *
 * @returns a function that creates the value at the first call for an `env`, and returns the same value afterwards
 */
export const perIsolate = <Env extends object, T extends object>(create: (env: Env) => T) => {
  const values = new WeakMap<Env, T>()
  return (env: Env): T => {
    const existing = values.get(env)
    if (existing) return existing
    const value = create(env)
    values.set(env, value)
    return value
  }
}
