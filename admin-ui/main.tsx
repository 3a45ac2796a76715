import { render } from 'preact'
import { Shell } from './components/shell.tsx'
import { startRouter } from './router.ts'
import { askWhoIsIn } from './state/session.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/components.css'
import './styles/pages.css'
import './styles/experiments.css'

startRouter()
void askWhoIsIn()
render(<Shell />, document.body)
