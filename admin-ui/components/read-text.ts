/** The text of a named control, trimmed; empty when there is none. */
export const readText = (form: HTMLFormElement, name: string): string => {
  const value = new FormData(form).get(name)
  return typeof value === 'string' ? value.trim() : ''
}
