import { render } from 'preact'
import { Shell } from './shell.tsx'
import { startRouter } from './router.ts'
import { loadSession } from './state/session.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/forms.css'
import './styles/layout.css'
import './styles/parts.css'
import './styles/flags.css'
import './styles/experiments.css'
import './styles/charts.css'

startRouter()
void loadSession()
render(<Shell />, document.body)
