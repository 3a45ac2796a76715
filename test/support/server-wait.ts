/** Waits so long for an expected result that only its absence can fail. */
export const within = async <T>(ms: number, event: T | Promise<T>, name: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not come within ${ms} ms`)), ms)
  })
  return Promise.race([event, late]).finally(() => clearTimeout(timer))
}
