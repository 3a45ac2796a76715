/** The approximate width of a character in charts. It is a little too large, so that names always fit. */
const PIXELS_A_CHARACTER = 7.5

/** Shortens a name to a width. The table below the chart has the whole name. */
export const fitText = (name: string, pixels: number): string => {
  const most = Math.max(4, Math.floor(pixels / PIXELS_A_CHARACTER))
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`
}
