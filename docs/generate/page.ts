// A generated file: where it lies and what makes its text, so that one test can say whether any of them is stale.
export interface Page {
  readonly file: string
  render(): string
}
