import { PassThrough } from 'node:stream'

/** Both ends of a terminal: what is typed, and what has been shown. */
export function terminal() {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = Object.assign(new PassThrough(), { isTTY: true })
  let screen = ''
  const waiting = new Set<() => void>()
  output.on('data', (chunk) => {
    screen += chunk
    for (const look of waiting) look()
  })
  const shows = (text: string, times = 1) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (screen.split(text).length > times) resolve()
      }
      waiting.add(look)
      look()
    })
  return { input, output, shows, screen: () => screen, type: (line: string) => input.write(`${line}\n`) }
}
