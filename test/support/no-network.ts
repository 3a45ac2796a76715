import { Socket } from 'node:net'

/** Loaded into a process with `--import`: ends it when it connects to anything. */
Socket.prototype.connect = function connect(): never {
  console.error('this process has reached for the network')
  process.exit(99)
}
