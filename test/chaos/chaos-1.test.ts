import { playSeeds } from './suite.ts'

playSeeds(0, 2)
