// The 3,000,000 flights of the npm package vega-datasets, read a row group at a time and a column at a time, so that never more
// than a tenth of the file is in memory.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type AsyncBuffer, asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { Flight } from './flight.js'

const STEP = 10_000

export class FlightInput {
  /** How many flights `read` gives. */
  readonly total: number
  readonly #file: AsyncBuffer
  readonly #metadata: FileMetaData

  private constructor(file: AsyncBuffer, metadata: FileMetaData, limit: number) {
    this.#file = file
    this.#metadata = metadata
    this.total = Math.min(limit, Number(metadata.num_rows))
  }

  /** The first `limit` flights of the file, which is sorted by date. */
  static async open(limit = Infinity): Promise<FlightInput> {
    const entry = createRequire(import.meta.url).resolve('vega-datasets')
    const file = await asyncBufferFromFile(join(dirname(entry), '../data/flights-3m.parquet'))
    return new FlightInput(file, await parquetMetadataAsync(file), limit)
  }

  /** The flights in the order of the file, some thousands at a time. */
  async *read(): AsyncGenerator<Flight[]> {
    let start = 0
    for (const group of this.#metadata.row_groups) {
      const end = start + Number(group.num_rows)
      if (start >= this.total) return
      const date = await this.#numbers('date', start, end)
      const delay = await this.#numbers('delay', start, end)
      const distance = await this.#numbers('distance', start, end)
      const origin = await this.#strings('origin', start, end)
      const destination = await this.#strings('destination', start, end)
      const rows = Math.min(end, this.total) - start
      for (let from = 0; from < rows; from += STEP) {
        const flights: Flight[] = []
        for (let row = from; row < Math.min(from + STEP, rows); row++) {
          flights.push({
            date: date[row]!,
            origin: origin[row]!,
            destination: destination[row]!,
            delay: delay[row]!,
            distance: distance[row]!,
          })
        }
        yield flights
      }
      start = end
    }
  }

  async #numbers(column: string, rowStart: number, rowEnd: number): Promise<Float64Array> {
    const numbers = new Float64Array(rowEnd - rowStart)
    await this.#column(column, rowStart, rowEnd, (value, at) => {
      numbers[at] = Number(value)
    })
    return numbers
  }

  async #strings(column: string, rowStart: number, rowEnd: number): Promise<string[]> {
    const strings: string[] = []
    await this.#column(column, rowStart, rowEnd, (value) => strings.push(String(value)))
    return strings
  }

  async #column(column: string, rowStart: number, rowEnd: number, take: (value: unknown, at: number) => void): Promise<void> {
    await parquetRead({
      file: this.#file,
      metadata: this.#metadata,
      columns: [column],
      rowStart,
      rowEnd,
      compressors,
      parsers: { timestampFromMicroseconds: (micros) => Number(micros / 1000n) },
      onChunk: (chunk) => {
        const values: ArrayLike<unknown> = chunk.columnData
        for (let at = 0; at < values.length; at++) take(values[at], chunk.rowStart - rowStart + at)
      },
    })
  }
}
