/*
 * Loaded into wrangler before its own code: when the process that started it is gone, even by SIGKILL, the channel
 * to it breaks, and wrangler's whole process group goes too. Else workerd would go on serving, and hold the port.
 */
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'))
process.channel?.unref()
