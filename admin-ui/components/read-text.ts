/** Reads the text of a named control, trimmed. Empty when there is no such control. */
export const readText = (form: HTMLFormElement, name: string): string => {
  const value = new FormData(form).get(name)
  return typeof value === 'string' ? value.trim() : ''
}
