/** Releases from a terminal or a CI step: progress, Ctrl-C, exit codes, report. @module */
export { exitCodes, runInTerminal, type TerminalOptions, type TerminalProcess } from './run-in-terminal.js'
