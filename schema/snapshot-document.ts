import * as z from 'zod'
import { SnapshotExperiment } from './experiment.ts'
import { SnapshotSegment } from './segment.ts'
import { SnapshotFlag } from './snapshot.ts'

/** The snapshot as a server evaluates it in its own process: without keys, and without what no evaluation needs. */
export const SnapshotDocument = z
  .object({
    format: z.literal(1),
    version: z.int().describe("The snapshot's version."),
    flags: z
      .array(
        z.union([
          SnapshotFlag,
          z
            .object({ key: z.string(), broken: z.literal(true) })
            .describe('A stored flag that cannot be read: off, with the error `PARSE_ERROR`.'),
        ]),
      )
      .describe('Compile each once a version. A rule list without names is left out.'),
    segments: z
      .array(SnapshotSegment)
      .optional()
      .describe('For conditions with `inSegment`. Absent without any.'),
    experiments: z
      .array(SnapshotExperiment)
      .describe(
        'First look into `testers` and `leftOut`. A variant is the bucket only while `isBucketed` and not `hasInherited`.',
      ),
    stream: z.string().describe('The path of the event stream that announces versions.'),
  })
  .meta({ id: 'SnapshotDocument' })
export type SnapshotDocument = z.infer<typeof SnapshotDocument>
