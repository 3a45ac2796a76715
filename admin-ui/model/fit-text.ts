/** About the width of a character at the size of text in charts: names are cut a little early rather than late. */
const PIXELS_A_CHARACTER = 7.5

/** As much of a name as fits into this many pixels; the whole name stands in the table. */
export const fitText = (name: string, pixels: number): string => {
  const most = Math.max(4, Math.floor(pixels / PIXELS_A_CHARACTER))
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`
}
