/** Asks the person at the terminal. @module */
export { type TerminalApproverOptions, terminalApprover } from './approver.js'
