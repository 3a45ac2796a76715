import { defineConfig } from 'vite'
import { FOREIGN, OWN } from './shortened.ts'

const root = new URL('.', import.meta.url).pathname

/**
 * Static files and nothing else: what is not in dist/ is not there. One script and one style sheet: in pieces, all
 * pages together would take a fifth more. JSX becomes plain calls of `h`, which are smaller than the automatic ones.
 */
export default defineConfig({
  root,
  oxc: {
    jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' },
    jsxInject: "import { h, Fragment } from 'preact'",
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The first that know `light-dark()`, nested rules and `Map.groupBy`, which are used as they are.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // An inlined asset is a `data:` address, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The evaluator is pure: what of it is not called here is not there.
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /\/worker\//, sideEffects: false }] },
      output: {
        // `const` stays `const`, of which many follow each other and become one.
        topLevelVar: false,
        minify: {
          compress: { treeshake: { propertyReadSideEffects: false } },
          mangle: true,
          mangleProps: { include: OWN, reserved: FOREIGN },
        },
      },
    },
  },
})
