import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  schema: [
    './schema/tables.ts',
    './schema/tables-people.ts',
    './schema/tables-segment.ts',
    './schema/deleted-experiment.ts',
    './schema/deployment-table.ts',
  ],
  out: './schema/migrations',
})
