/** What a journal tells: progress as it goes, and the report of a finished release. Reads records, changes nothing. @module */

export { type Fact, sentence, type Tone } from './fact.js'
export { annotation, githubSummary } from './github.js' // for GitHub Actions
export { type HtmlReportOptions, htmlReport } from './html-report.js' // one self-contained page
export { type LiveUnit, liveNow } from './live-now.js'
export { type ProgressOptions, type ProgressView, progressView } from './progress.js' // live in a terminal, lines in a log
export { type Timeline, timelineOf } from './timeline.js' // to draw it yourself
