import { startService } from '../service.ts'

/*
 * The service as its own process, so that a test can kill it. It uses the given port and directory. The parent process
 * can query its D1.
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
