import { parseArgs } from 'node:util'
import { bootTopic } from './boot.ts'
import { evaluateTopic } from './evaluate.ts'
import { freshnessTopic } from './freshness.ts'
import { httpTopic } from './http.ts'
import { participationTopic } from './participation.ts'
import { metricsTopic } from './metrics.ts'
import { sdkTopic } from './sdk.ts'
import { sizeTopic } from './size.ts'
import { uiTopic } from './ui.ts'
import { progress, toMarkdown, type Topic } from './report.ts'

/*
 * `npm run bench` prints one table, with a baseline in each row. `--json` prints the rows as JSON. `--only evaluate`
 * measures one topic. A topic is a file in this folder and a line below.
 */

const topics: Readonly<Record<string, () => Promise<Topic>>> = {
  evaluate: evaluateTopic,
  http: httpTopic,
  participation: participationTopic,
  freshness: freshnessTopic,
  size: sizeTopic,
  metrics: metricsTopic,
  boot: bootTopic,
  sdk: sdkTopic,
  ui: uiTopic,
}

const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } })

if (values.only !== undefined && !(values.only in topics)) {
  console.error(`--only takes one of: ${Object.keys(topics).join(', ')}`)
  process.exit(2)
}

const measured: Topic[] = []
const startedAt = Date.now()
for (const [name, measure] of Object.entries(topics))
  if (values.only === undefined || values.only === name) measured.push(await measure())
progress(`done in ${Math.round((Date.now() - startedAt) / 1000)} s`)
console.log(values.json ? JSON.stringify(measured, null, 2) : toMarkdown(measured))
