const { mkdirSync } = require('node:fs')
const Metro = require('metro')

mkdirSync('dist', { recursive: true })
const main = async () => {
  const config = await Metro.loadConfig(
    {},
    {
      projectRoot: __dirname,
      resetCache: true,
      transformer: {
        babelTransformerPath: require.resolve('@react-native/metro-babel-transformer'),
        enableBabelRCLookup: false,
      },
      resolver: { unstable_conditionNames: ['react-native'] },
    },
  )
  await Metro.runBuild(config, {
    entry: 'index.js',
    out: 'dist/app.js',
    dev: true,
    minify: false,
    platform: 'ios',
  })
}
main().catch((error) => {
  console.error(error)
  process.exit(1)
})
