import { migrate } from '../support/migrate.ts'

await migrate()
