/** Waits for what must come, so long that only its absence can make it fail. */
export const within = async <T>(ms: number, event: T | Promise<T>, name: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not come within ${ms} ms`)), ms)
  })
  return Promise.race([event, late]).finally(() => clearTimeout(timer))
}
