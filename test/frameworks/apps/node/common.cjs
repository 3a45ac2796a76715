const { createFlagsClient } = require('@indietix/flags')
const flags = createFlagsClient({ url: 'http://localhost:8787', key: 'flags_server_local' })

const run = async () => {
  console.log('open:', await flags.getFlag({ userId: 'u-42' }, 'booking.enabled', true))
  console.log('sent:', await flags.close())
}
void run()
