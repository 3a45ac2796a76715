import { startService } from '../service.ts'

/*
 * The service as a process of its own, so that it can be killed: on the port and in the folder that it is told, with
 * its D1 open to questions from the process that started it.
 */

const [, , port = '', stateDir = '', adminToken = ''] = process.argv

const service = await startService({
  port: Number(port),
  stateDir,
  bindings: { ADMIN_TOKEN: adminToken },
})

process.on('message', ({ id, query }: { id: number; query: string }) => {
  const answer = async () => (await service.database.prepare(query).all()).results
  answer().then(
    (rows) => process.send?.({ id, rows }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  )
})
process.send?.({ isUp: true })
