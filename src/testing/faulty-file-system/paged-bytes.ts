// The bytes of one file in pages of four kibibytes. A page that was never written takes no room and reads as zeros, so a file that is
// made long ahead of its content costs nothing, as on a real disk.

/** Bytes in a page; what a kernel writes back at a time. */
export const PAGE_BYTES = 4096

export class PagedBytes {
  size = 0
  /** Pages that take room. */
  pageCount = 0
  private pages: (Uint8Array | undefined)[] = []
  /** Whether a page may belong to a clone too, so that it is copied before it is written. */
  private shared: boolean[] = []

  /** How many pages a write there would add. */
  newPages(position: number, length: number): number {
    if (length <= 0) return 0
    let added = 0
    const last = Math.floor((position + length - 1) / PAGE_BYTES)
    for (let page = Math.floor(position / PAGE_BYTES); page <= last; page++) if (this.pages[page] === undefined) added++
    return added
  }

  write(bytes: Uint8Array, position: number): void {
    let at = 0
    while (at < bytes.length) {
      const place = position + at
      const inPage = place % PAGE_BYTES
      const length = Math.min(PAGE_BYTES - inPage, bytes.length - at)
      this.page(Math.floor(place / PAGE_BYTES)).set(bytes.subarray(at, at + length), inPage)
      at += length
    }
    if (bytes.length > 0) this.size = Math.max(this.size, position + bytes.length)
  }

  /** Fills `into[start, end)`; answers how many bytes there were. */
  read(into: Uint8Array, start: number, end: number, position: number): number {
    const length = Math.max(0, Math.min(end - start, this.size - position))
    let at = 0
    while (at < length) {
      const place = position + at
      const inPage = place % PAGE_BYTES
      const piece = Math.min(PAGE_BYTES - inPage, length - at)
      const page = this.pages[Math.floor(place / PAGE_BYTES)]
      if (page === undefined) into.fill(0, start + at, start + at + piece)
      else into.set(page.subarray(inPage, inPage + piece), start + at)
      at += piece
    }
    return length
  }

  /** Sets the size; what lies behind it is gone, what is added reads as zeros. */
  truncate(size: number): void {
    this.clearFrom(size)
    this.size = size
  }

  /** Makes everything from `position` on zeros, without a change of the size. */
  clearFrom(position: number): void {
    const first = Math.ceil(position / PAGE_BYTES)
    for (let page = first; page < this.pages.length; page++) if (this.pages[page] !== undefined) this.pageCount--
    if (this.pages.length > first) this.pages.length = first
    const inPage = position - (first - 1) * PAGE_BYTES
    if (inPage < PAGE_BYTES && this.pages[first - 1] !== undefined) this.page(first - 1).fill(0, inPage)
  }

  /** Takes `[from, to)` as it is in `other`, zeros where that one ends. The size stays. */
  copyRange(other: PagedBytes, from: number, to: number): void {
    const bytes = new Uint8Array(to - from)
    other.read(bytes, 0, bytes.length, from)
    const { size } = this
    this.write(bytes, from)
    this.size = size
  }

  whole(): Uint8Array {
    const bytes = new Uint8Array(this.size)
    this.read(bytes, 0, bytes.length, 0)
    return bytes
  }

  /** The same bytes, which change apart from these: a page is copied by who writes it first. */
  clone(): PagedBytes {
    const copy = new PagedBytes()
    copy.size = this.size
    copy.pageCount = this.pageCount
    copy.pages = this.pages.slice()
    copy.shared = new Array<boolean>(this.pages.length).fill(true)
    this.shared = copy.shared.slice()
    return copy
  }

  /** The page to write to. */
  private page(at: number): Uint8Array {
    let page = this.pages[at]
    if (page === undefined) {
      page = new Uint8Array(PAGE_BYTES)
      while (this.pages.length < at) this.pages.push(undefined)
      this.pageCount++
    } else if (this.shared[at] === true) page = page.slice()
    else return page
    this.pages[at] = page
    this.shared[at] = false
    return page
  }
}
