// Where the cells of a grid are: pure arithmetic, no drawing, no page.
//
// All lengths are CSS pixels unless a name says `device`. A range is half open: [first, end).

/** Size of one cell; less than a pixel in an overview. */
export interface CellSize { width: number; height: number }

export interface Extent { width: number; height: number }
export interface Range { first: number; end: number }
export interface Cell { row: number; column: number }

/** The largest cell that zooming makes. */
export const CELL_MAX: Readonly<CellSize> = { width: 34, height: 22 };
/** From this size on, cells carry their symbol and a gap between them. */
export const SYMBOL_LEAST = 11;
export const GAP_LEAST = 4;
/** A step of zooming. */
export const ZOOM_STEP = 1.25;

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

/** Zoomed cells that are large enough to have edges get whole device pixels, so that all look alike. */
function whole(size: number, ratio: number): number {
  const device = size * ratio;
  return device >= 3 ? Math.floor(device + 1e-6) / ratio : size;
}

/**
 * The size with which the whole grid is in view and fills it; never larger than the largest cell. It is
 * a fraction of pixels: edgeOf() says where each cell ends.
 */
export function fitCells(rows: number, columns: number, view: Extent): CellSize {
  const side = (count: number, length: number, most: number): number =>
    count > 0 ? Math.min(most, Math.max(1, length) / count) : most;
  return { width: side(columns, view.width, CELL_MAX.width), height: side(rows, view.height, CELL_MAX.height) };
}

/**
 * Device pixel, from the first cell on, where a cell begins and the one before it ends. Cells of a
 * fractional size so differ by a pixel, but leave no seam, wherever the grid is scrolled to.
 */
export function edgeOf(index: number, size: number, ratio: number): number {
  return Math.round(index * size * ratio);
}

/** Size of the type of names that stand upright on columns: neighbours do not touch. */
export function uprightType(width: number): number {
  return clamp(Math.floor(width - 1.5), 9, 12);
}

/**
 * The size after zooming by `factor`: not below what shows the whole grid, not above the largest.
 * Both sides follow the same factor until one of them meets its bound.
 */
export function zoomCells(size: CellSize, factor: number, fit: CellSize, ratio: number): CellSize {
  const side = (now: number, least: number, most: number): number => {
    const wanted = clamp(now * factor, Math.min(least, most), most);
    const snapped = whole(wanted, ratio);
    if (factor > 1 && snapped <= now && now < most) {
      return Math.min(most, now + 1 / ratio);  // Snapping must not swallow the step.
    }
    return Math.max(snapped, Math.min(least, most));
  };
  return {
    width: side(size.width, fit.width, CELL_MAX.width),
    height: side(size.height, fit.height, CELL_MAX.height),
  };
}

/** The cells of one axis that a view from `scroll` on of length `view` shows, even in part. */
export function visibleRange(scroll: number, view: number, size: number, count: number): Range {
  if (count <= 0 || size <= 0 || view <= 0) {
    return { first: 0, end: 0 };
  }
  const first = clamp(Math.floor(scroll / size), 0, count);
  return { first, end: clamp(Math.ceil((scroll + view) / size), first, count) };
}

/** The cell under a point of the view (without the labels), or null beside the grid. */
export function cellAt(
  x: number, y: number, scroll: { left: number; top: number }, size: CellSize, rows: number, columns: number,
): Cell | null {
  if (x < 0 || y < 0) {
    return null;
  }
  const column = Math.floor((x + scroll.left) / size.width);
  const row = Math.floor((y + scroll.top) / size.height);
  return row < rows && column < columns ? { row, column } : null;
}

/** How far an axis has to be scrolled so that a cell is wholly in view; as little as possible. */
export function scrollTo(index: number, size: number, scroll: number, view: number): number {
  const start = index * size;
  const end = start + size;
  if (start < scroll) {
    return start;
  }
  return end > scroll + view ? end - view : scroll;
}

/** Where an axis has to be scrolled so that what is under `at` stays there when the size changes. */
export function scrollAfterZoom(at: number, scroll: number, before: number, after: number): number {
  return Math.max(0, ((scroll + at) / before) * after - at);
}

/** Cells of one axis that are drawn as one, so that each block has at least one device pixel. */
export function blockOf(size: number, ratio: number): number {
  const device = size * ratio;
  return device >= 1 ? 1 : Math.ceil(1 / device);
}

/** Every how many cells a label of the given length fits. */
export function labelEvery(size: number, length: number): number {
  return Math.max(1, Math.ceil(length / size));
}

/** The cell that a key leads to from another, or null if the key is none of the grid's. */
export function cellAfterKey(key: string, control: boolean, from: Cell, rows: number, columns: number, page: number): Cell | null {
  const at = (row: number, column: number): Cell =>
    ({ row: clamp(row, 0, Math.max(0, rows - 1)), column: clamp(column, 0, Math.max(0, columns - 1)) });
  const { row, column } = from;
  switch (key) {
    case "ArrowUp": return at(row - 1, column);
    case "ArrowDown": return at(row + 1, column);
    case "ArrowLeft": return at(row, column - 1);
    case "ArrowRight": return at(row, column + 1);
    case "PageUp": return at(row - page, column);
    case "PageDown": return at(row + page, column);
    case "Home": return at(control ? 0 : row, 0);
    case "End": return at(control ? rows - 1 : row, columns - 1);
    default: return null;
  }
}

/** No status: the cell is not drawn. */
export const EMPTY = 255;

/**
 * The statuses of all cells, and of blocks of cells the worst. Reading a cell costs a byte; counts
 * per status are kept up to date with every change.
 */
export class CellCodes {
  readonly codes: Uint8Array;
  readonly counts: number[];

  /** @param rank Badness of each code: of what a block covers the highest wins. */
  constructor(readonly rows: number, readonly columns: number, readonly rank: readonly number[]) {
    this.codes = new Uint8Array(rows * columns).fill(EMPTY);
    this.counts = rank.map(() => 0);
  }

  at(row: number, column: number): number {
    return this.codes[row * this.columns + column] ?? EMPTY;
  }

  /** Sets a cell; false if it was the same before. A code without a rank counts as none. */
  set(row: number, column: number, wanted: number): boolean {
    const code = wanted >= 0 && wanted < this.rank.length ? wanted : EMPTY;
    const index = row * this.columns + column;
    const before = this.codes[index] ?? EMPTY;
    if (row < 0 || column < 0 || row >= this.rows || column >= this.columns || before === code) {
      return false;
    }
    this.codes[index] = code;
    if (before !== EMPTY) {
      this.counts[before] = (this.counts[before] ?? 0) - 1;
    }
    if (code !== EMPTY) {
      this.counts[code] = (this.counts[code] ?? 0) + 1;
    }
    return true;
  }

  /** Reads all cells again. */
  fill(code: (row: number, column: number) => number): void {
    const { rows, columns, codes, counts } = this;
    const known = this.rank.length;
    counts.fill(0);
    for (let row = 0, index = 0; row < rows; ++row) {
      for (let column = 0; column < columns; ++column, ++index) {
        const value = code(row, column);
        if (value >= 0 && value < known) {
          codes[index] = value;
          counts[value]!++;
        } else {
          codes[index] = EMPTY;
        }
      }
    }
  }

  /** The worst code of a block of cells; EMPTY if none of them has one. */
  worst(rows: Range, columns: Range): number {
    let worst = EMPTY;
    let badness = -1;
    const lastRow = Math.min(rows.end, this.rows);
    const lastColumn = Math.min(columns.end, this.columns);
    for (let row = Math.max(0, rows.first); row < lastRow; ++row) {
      const start = row * this.columns;
      for (let column = Math.max(0, columns.first); column < lastColumn; ++column) {
        const code = this.codes[start + column]!;
        if (code !== EMPTY && this.rank[code]! > badness) {
          badness = this.rank[code]!;
          worst = code;
        }
      }
    }
    return worst;
  }
}
