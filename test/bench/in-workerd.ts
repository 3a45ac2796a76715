import { COUNTS, createOurs, type OurTimes } from './in-process.ts'
import { inTurns, median } from './report.ts'

/* The in-process rows once more, inside workerd, whose timers advance when it runs locally. */

export default {
  async fetch(): Promise<Response> {
    const times: Record<number, OurTimes> = {}
    for (const count of COUNTS) {
      const rounds = await inTurns(
        7,
        createOurs(count, () => performance.now()),
      )
      times[count] = {
        together: median(rounds.together),
        oneByOne: median(rounds.oneByOne),
        hash: median(rounds.hash),
      }
    }
    return Response.json(times)
  },
}
