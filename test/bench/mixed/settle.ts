import { setTimeout as sleep } from 'node:timers/promises'
import { progress } from '../report.ts'
import type { Client } from './client.ts'
import type { Ledger, Stored } from './ledger.ts'
import type { Server } from './server.ts'
import { EXPERIMENT, type Traffic } from './traffic.ts'

/** Each backlog drains within this time. A row that has not arrived by then is lost. */
const PATIENCE_MS = 300_000
const PAGE = 20_000

/** All rows of a query, page by page. */
const readAll = async <Row>(server: Server, query: string): Promise<Row[]> => {
  const rows: Row[] = []
  for (;;) {
    const page = await server.query<Row>(`${query} LIMIT ${PAGE} OFFSET ${rows.length}`)
    rows.push(...page)
    if (page.length < PAGE) return rows
  }
}

const readIds = async (server: Server, query: string) =>
  (await readAll<{ id: string }>(server, query)).map(({ id }) => id)

const readStored = async (server: Server): Promise<Stored> => {
  const ofLoad = `WHERE experiment_key = '${EXPERIMENT}'`
  const [rolledUp] = await server.query<Stored['rolledUp']>(
    `SELECT sum(assignments) AS assignments, sum(exposures) AS exposures FROM experiment_rollup ${ofLoad}`,
  )
  return {
    exposures: await readIds(
      server,
      `SELECT id FROM experiment_exposure ${ofLoad} AND id NOT LIKE 'first:%' ORDER BY user_id, id`,
    ),
    events: await readIds(
      server,
      "SELECT id FROM event WHERE id LIKE 'events-%' ORDER BY user_id, id",
    ),
    assignments: await readAll(
      server,
      `SELECT user_id AS userId, variant FROM experiment_assignment ${ofLoad} ORDER BY user_id`,
    ),
    comments: (
      await readAll<{ comment: string }>(
        server,
        "SELECT comment FROM admin_action WHERE comment LIKE 'edit %' ORDER BY id",
      )
    ).map(({ comment }) => comment),
    rolledUp: rolledUp ?? { assignments: 0, exposures: 0 },
  }
}

/** The number of rows still on their way to D1, and other unfinished work. */
const findLeft = async (
  server: Server,
  client: Client,
  ledger: Ledger,
  heard: readonly number[],
) => {
  const [counts] = await server.query<{ rows: number; version: number }>(
    `SELECT (SELECT count(*) FROM experiment_exposure WHERE experiment_key = '${EXPERIMENT}' AND id NOT LIKE 'first:%')
          + (SELECT count(*) FROM event WHERE id LIKE 'events-%')
          + (SELECT count(*) FROM experiment_assignment WHERE experiment_key = '${EXPERIMENT}') AS rows,
            (SELECT version FROM snapshot_state) AS version`,
  )
  const { exposures, events, variants } = ledger
  const sent = exposures.length + events.length + variants.size
  const { text } = await client.send('GET', '/health', '')
  const { overridesPending } = JSON.parse(text) as { overridesPending: number }
  return {
    rows: Math.max(0, sent - (counts?.rows ?? 0)),
    overridesPending,
    deaf: heard.filter((version) => version < (counts?.version ?? 0)).length,
  }
}

/**
 * Repeats the requests without an answer, as their senders would, and waits until all rows have arrived. The
 * comparison afterwards finds lost rows.
 */
export const settle = async (
  server: Server,
  client: Client,
  traffic: Traffic,
  ledger: Ledger,
  heard: readonly number[],
) => {
  const from = performance.now()
  for (const batch of traffic.unanswered.splice(0)) await traffic.sendBatch(batch)
  for (;;) {
    const left = await findLeft(server, client, ledger, heard)
    const isSettled = left.rows + left.overridesPending + left.deaf === 0
    const took = performance.now() - from
    if (isSettled || took > PATIENCE_MS) {
      if (left.overridesPending) ledger.wrongs.push('D1 never took over what was switched off')
      if (left.deaf) ledger.wrongs.push(`${left.deaf} streams never heard of the last version`)
      return { stored: await readStored(server), settledIn: took / 1000 }
    }
    progress(`load: ${left.rows} rows are on their way`)
    await sleep(2_000)
  }
}
