/** Whether the name is a zone that this runtime knows, such as `Asia/Kolkata`. */
export const isZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
