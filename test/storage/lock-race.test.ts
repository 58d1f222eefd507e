// Real processes race for one folder and die at every step of it. `npm run locks` runs the same for a thousand rounds.

import { expect, it } from 'vitest'
import { race } from './locks/race.js'

it('Of several processes that want a folder one owns it at a time, and always one, whoever dies on the way', async () => {
  const { owners, deaths, leftovers } = await race({ rounds: 30, racers: 3, seed: 20_260_101 })
  expect(owners).toBe(30)
  expect(deaths).toBeGreaterThan(5)
  expect(leftovers).toEqual([])
})
