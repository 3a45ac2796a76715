/** The JSON of a column as it stands; undefined when it is not JSON. */
export const parseColumn = (text: string | null): unknown => {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return undefined
  }
}
