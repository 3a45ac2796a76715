import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { COMPATIBILITY_DATE } from './bundle.ts'
import { load, createRequest } from './load.ts'
import { inTurns, progress, rateInTurns, type Row, type Topic } from './report.ts'
import { startService, type Service } from './service.ts'

/* What reaches a user's object, beside a bare object that gets the same request and sends it back. */

const ROUNDS = 15
const REQUESTS = 100
const KNOWN_USERS = 50
const BATCH = 100

const EXPERIMENT = 'checkout-redesign'
const HEADERS = {
  'Content-Type': 'application/json',
  Authorization: 'Bearer flags_client_local',
}

/** An object by the name in the query. It echoes a value and stores nothing. */
const ECHO = `
  import { DurableObject } from 'cloudflare:workers'
  export class Echo extends DurableObject { echo(body) { return body } }
  export default { async fetch(request, env) {
    const body = await request.json()
    return Response.json(await env.ECHO.getByName(new URL(request.url).searchParams.get('name')).echo(body))
  } }`

const startEcho = async () => {
  const echo = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: ECHO,
      compatibilityDate: COMPATIBILITY_DATE,
      durableObjects: { ECHO: { className: 'Echo', useSQLite: true } },
    }),
  )
  return { port: Number((await echo.ready).port), stop: () => echo.dispose() }
}

type Ask = { readonly path: string; readonly name: string; readonly body: object }

let asked = 0

/** Users without an object yet, so many a round. */
const fresh = (ask: (id: string) => Ask) => () =>
  Array.from({ length: REQUESTS }, () => ask(`bench-${asked++}`))

/** The same users in each round. */
const repeated = (users: readonly string[], ask: (user: string) => Ask) => () => users.map(ask)

const assign = (userId: string): Ask => ({
  path: `/v1/experiments/${EXPERIMENT}/assign`,
  name: userId,
  body: { context: { userId } },
})

/** A batch of one user, as a phone sends it. Each batch has another user. */
const createExposures = (variants: ReadonlyMap<string, string>) => {
  const users = Array.from(variants)
  return (id: string): Ask => {
    const [userId, variant] = users[asked % users.length] ?? ['', '']
    const exposures = Array.from({ length: BATCH }, (_, place) => ({
      id: `${id}-${place}`,
      experimentKey: EXPERIMENT,
      userId,
      variant,
    }))
    return { path: '/v1/exposures', name: userId, body: { exposures } }
  }
}

const readVariant = async (service: Service, userId: string): Promise<string> => {
  const { path, body } = assign(userId)
  const answer: { variant: string } = await (await service.send('POST', path, body)).json()
  return answer.variant
}

/** Assigns a second by the service, and by an object alone. */
const compare = async (
  ports: { readonly service: number; readonly echo: number },
  asks: () => Ask[],
  status: number,
) => {
  const rounds = await inTurns(ROUNDS, {
    service: () => {
      const requests = asks().map(({ path, body }) =>
        createRequest('POST', path, HEADERS, JSON.stringify(body)),
      )
      return load({ port: ports.service, requests, status }, REQUESTS)
    },
    echo: () => {
      const requests = asks().map(({ name, body }) =>
        createRequest('POST', `/?name=${name}`, HEADERS, JSON.stringify(body)),
      )
      return load({ port: ports.echo, requests }, REQUESTS)
    },
  })
  return { value: rounds.service, versusValue: rounds.echo }
}

const times = (rates: readonly number[], factor: number) => rates.map((rate) => rate * factor)

export const participationTopic = async (): Promise<Topic> => {
  progress('participation: starting the service and a bare object in Miniflare')
  const [service, echo] = [await startService(), await startEcho()]
  try {
    const users = Array.from({ length: KNOWN_USERS }, (_, number) => `known-${number}`)
    const variants = new Map<string, string>()
    for (const user of users) variants.set(user, await readVariant(service, user))
    const ports = { service: Number(new URL(service.url).port), echo: echo.port }

    progress('participation: assigning users who are new, and users who are known')
    const rows: Row[] = [
      rateInTurns('requests/s', {
        what: 'assign, a new user',
        versus: 'an object that is new and echoes',
        ...(await compare(ports, fresh(assign), 200)),
        note: 'check, insert and outbox in one transaction, then an alarm',
      }),
      rateInTurns('requests/s', {
        what: 'assign, a known user',
        versus: 'an object that echoes',
        ...(await compare(ports, repeated(users, assign), 200)),
      }),
    ]
    progress('participation: logging exposures')
    const batches = await compare(ports, fresh(createExposures(variants)), 202)
    rows.push(
      rateInTurns('exposures/s', {
        what: `exposures in batches of ${BATCH}, each of one user`,
        versus: 'an object that echoes them',
        value: times(batches.value, BATCH),
        versusValue: times(batches.versusValue, BATCH),
        note: 'each durable when it is acknowledged; the drain to D1 goes on beside it',
      }),
    )
    return { title: 'Participation, Miniflare, 16 connections', rows }
  } finally {
    await service.stop()
    await echo.stop()
  }
}
