/*
 * Loaded into wrangler before its own code: when the process that started it is gone, even by SIGKILL, the pipe
 * from it ends, and wrangler's whole process group goes too. Else workerd would go on serving, and hold the port.
 */
process.stdin.on('end', () => process.kill(-process.pid, 'SIGKILL')).resume()
process.stdin.unref()
