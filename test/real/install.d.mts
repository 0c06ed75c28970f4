/** The program's path; `undefined` when it is not installed. */
export function find(program: string): string | undefined
