import './stopped-clock.ts'
import './client-page.ts'
