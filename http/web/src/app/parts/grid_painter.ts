// Draws the visible part of a grid from tiles. While cells are small, a tile has one pixel for a cell
// or, in an overview, for a block of cells, and is scaled; once cells have edges it has them as they
// are seen, with gaps and symbols. Only tiles in view are made; a changed cell repaints itself.
import { dark, light, type Theme } from "../../charts/theme";
import {
  EMPTY, GAP_LEAST, SYMBOL_LEAST, blockOf, edgeOf, visibleRange,
  type Cell, type CellCodes, type CellSize, type Range,
} from "./grid_geometry";
import { GridNames, type Names, type View } from "./grid_names";
import type { Palette } from "./palettes";

/** Blocks along a side of a scaled tile, and about the device pixels along one of an exact tile. */
const TILE_BLOCKS = 256;
const TILE_PIXELS = 384;
const TILES_MAX = 96;
/** So many changes in one tile cost more than to make it anew. */
const PATCHES_MAX = 400;

interface Tile { canvas: HTMLCanvasElement; patches: Cell[]; used: number }

/** How tiles are made for a size of cells. */
interface Plan {
  /** Cells that a block has. */
  blocks: { rows: number; columns: number };
  /** Blocks that a tile has. */
  tile: { rows: number; columns: number };
  /** Size of a cell, if tiles are made as they are seen. */
  exact: CellSize | null;
}

function rgba(hex: string): number {
  const value = Number.parseInt(hex.slice(1), 16);
  return (0xff000000 | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

function planOf(size: CellSize, ratio: number): Plan {
  if (size.width >= GAP_LEAST && size.height >= GAP_LEAST) {
    const cells = (side: number): number => Math.ceil(TILE_PIXELS / (side * ratio));
    return { blocks: { rows: 1, columns: 1 }, exact: { ...size }, tile: { rows: cells(size.height), columns: cells(size.width) } };
  }
  return {
    blocks: { rows: blockOf(size.height, ratio), columns: blockOf(size.width, ratio) }, exact: null,
    tile: { rows: TILE_BLOCKS, columns: TILE_BLOCKS },
  };
}

function blank(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return [canvas, canvas.getContext("2d")!];
}

export class GridPainter {
  private readonly context: CanvasRenderingContext2D;
  private readonly edgeNames: GridNames;
  private tiles = new Map<number, Tile>();
  private sprites: (HTMLCanvasElement | null)[] = [];
  private spriteKey = "";
  private plan: Plan = planOf({ width: 1, height: 1 }, 1);
  private planKey = "";
  private colours: number[] = [];
  private clock = 0;
  private theme: Theme = light;
  private mode: "light" | "dark" = "light";
  private ratio = 1;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly cells: CellCodes,
    private readonly palette: Palette,
    private readonly names: Names,
  ) {
    this.context = canvas.getContext("2d", { alpha: false })!;
    this.edgeNames = new GridNames(this.context, names, cells.columns);
    this.setTheme(false);
  }

  setTheme(isDark: boolean): void {
    this.mode = isDark ? "dark" : "light";
    this.theme = isDark ? dark : light;
    this.colours = this.palette.map((status) => rgba(status.fill[this.mode]));
    this.spriteKey = "";
    this.forget();
  }

  /** All cells may have changed. */
  forget(): void {
    this.tiles.clear();
  }

  /** One cell has changed: it is repainted when its tile is next drawn. */
  touch(row: number, column: number): void {
    const { blocks, tile: length } = this.plan;
    const cell = { row: Math.floor(row / blocks.rows), column: Math.floor(column / blocks.columns) };
    const tile = this.tiles.get(this.key(Math.floor(cell.row / length.rows), Math.floor(cell.column / length.columns)));
    if (tile && tile.patches.length <= PATCHES_MAX) {
      tile.patches.push({ row: cell.row % length.rows, column: cell.column % length.columns });
    }
  }

  /** Draws the whole picture. Its cost is that of what is visible. */
  draw(view: View): void {
    this.ratio = Math.min(3, window.devicePixelRatio || 1);
    const width = Math.max(1, Math.round(view.extent.width * this.ratio));
    const height = Math.max(1, Math.round(view.extent.height * this.ratio));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const planKey = `${view.size.width} ${view.size.height} ${this.ratio}`;
    if (planKey !== this.planKey) {
      this.planKey = planKey;
      this.setPlan(planOf(view.size, this.ratio));
    }
    const { context } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = this.theme.background;
    context.fillRect(0, 0, width, height);
    const inner = { width: view.extent.width - view.labels.width, height: view.extent.height - view.labels.height };
    const rows = visibleRange(view.scroll.top, inner.height, view.size.height, this.cells.rows);
    const columns = visibleRange(view.scroll.left, inner.width, view.size.width, this.cells.columns);
    context.save();
    context.beginPath();
    context.rect(view.labels.width * this.ratio, view.labels.height * this.ratio, width, height);
    context.clip();
    this.drawTiles(view, rows, columns);
    if (!this.plan.exact) {
      this.drawGaps(view, rows, columns);
    }
    this.drawMarks(view);
    context.restore();
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.edgeNames.draw(view, this.theme, rows, columns);
  }

  private setPlan(plan: Plan): void {
    const before = this.plan;
    this.plan = plan;
    // In an overview, sizes with the same blocks share their tiles: these are scaled.
    if (plan.exact || before.exact || plan.blocks.rows !== before.blocks.rows || plan.blocks.columns !== before.blocks.columns) {
      this.spriteKey = "";
      this.forget();
    }
  }

  private key(tileRow: number, tileColumn: number): number {
    return tileRow * 1_000_003 + tileColumn;
  }

  /** Device pixel of a cell's left or upper edge. */
  private x(view: View, column: number): number {
    return Math.round(view.labels.width * this.ratio) + edgeOf(column, view.size.width, this.ratio) - Math.round(view.scroll.left * this.ratio);
  }

  private y(view: View, row: number): number {
    return Math.round(view.labels.height * this.ratio) + edgeOf(row, view.size.height, this.ratio) - Math.round(view.scroll.top * this.ratio);
  }

  private blockCode(blockRow: number, blockColumn: number): number {
    const { rows, columns } = this.plan.blocks;
    return rows === 1 && columns === 1
      ? this.cells.at(blockRow, blockColumn)
      : this.cells.worst(
        { first: blockRow * rows, end: (blockRow + 1) * rows },
        { first: blockColumn * columns, end: (blockColumn + 1) * columns });
  }

  /** Blocks of a tile as pixels. */
  private makePixels(first: Cell, rows: number, columns: number): HTMLCanvasElement {
    const [canvas, context] = blank(columns, rows);
    const image = context.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let y = 0, at = 0; y < rows; ++y) {
      for (let x = 0; x < columns; ++x, ++at) {
        const code = this.blockCode(first.row + y, first.column + x);
        pixels[at] = code === EMPTY ? 0 : this.colours[code]!;
      }
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }

  /** Device pixels where the cells from `first` on begin within their tile, and where the last ends. */
  private edges(first: number, count: number, size: number): Int32Array {
    const begin = edgeOf(first, size, this.ratio);
    return Int32Array.from({ length: count + 1 }, (_, at) => edgeOf(first + at, size, this.ratio) - begin);
  }

  /** A tile as it is seen: a line of pixels for a row of cells, as often as the row is high. */
  private makeExact(first: Cell, xs: Int32Array, ys: Int32Array): HTMLCanvasElement {
    const rows = ys.length - 1;
    const columns = xs.length - 1;
    const width = xs[columns]!;
    const [canvas, context] = blank(width, ys[rows]!);
    const image = context.createImageData(width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    const gap = this.line();
    const gaps = Array.from({ length: columns }, (_, at) => this.gapAfter(first.column + at));
    for (let row = 0; row < rows; ++row) {
      const start = ys[row]! * width;
      for (let column = 0; column < columns; ++column) {
        const code = this.cells.at(first.row + row, first.column + column);
        if (code !== EMPTY) {
          pixels.fill(this.colours[code]!, start + xs[column]!, start + xs[column + 1]! - gaps[column]!);
        }
      }
      for (let y = ys[row]! + 1; y < ys[row + 1]! - gap; ++y) {
        pixels.copyWithin(y * width, start, start + width);
      }
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }

  private makeTile(tileRow: number, tileColumn: number): Tile {
    const { blocks, tile, exact } = this.plan;
    const first = { row: tileRow * tile.rows, column: tileColumn * tile.columns };
    const rows = Math.min(tile.rows, Math.ceil(this.cells.rows / blocks.rows) - first.row);
    const columns = Math.min(tile.columns, Math.ceil(this.cells.columns / blocks.columns) - first.column);
    if (!exact) {
      return { canvas: this.makePixels(first, rows, columns), patches: [], used: this.clock };
    }
    const xs = this.edges(first.column, columns, exact.width);
    const ys = this.edges(first.row, rows, exact.height);
    const canvas = this.makeExact(first, xs, ys);
    if (this.makeSprites()) {
      const context = canvas.getContext("2d")!;
      for (let row = 0; row < rows; ++row) {
        for (let column = 0; column < columns; ++column) {
          this.drawSymbol(context, this.cells.at(first.row + row, first.column + column), xs[column]!, ys[row]!, xs[column + 1]!, ys[row + 1]!);
        }
      }
    }
    return { canvas, patches: [], used: this.clock };
  }

  /** Device pixels between a row and the next. */
  private line(): number {
    return Math.max(1, Math.round(this.ratio));
  }

  /** Device pixels between a column and the next; more where a group ends. */
  private gapAfter(column: number): number {
    const line = this.line();
    const { group } = this.names;
    return group !== null && column + 1 < this.cells.columns && group(column) !== group(column + 1) ? line * 2 : line;
  }

  private patch(tile: Tile, tileRow: number, tileColumn: number): void {
    const context = tile.canvas.getContext("2d")!;
    const { tile: length, exact } = this.plan;
    for (const { row, column } of tile.patches) {
      const at = { row: tileRow * length.rows + row, column: tileColumn * length.columns + column };
      const code = this.blockCode(at.row, at.column);
      const [left, right] = exact ? this.span(at.column, tileColumn * length.columns, exact.width) : [column, column + 1];
      const [top, bottom] = exact ? this.span(at.row, tileRow * length.rows, exact.height) : [row, row + 1];
      const box = [left, top, right - left - (exact ? this.gapAfter(at.column) : 0), bottom - top - (exact ? this.line() : 0)] as const;
      context.clearRect(...box);
      if (code !== EMPTY) {
        context.fillStyle = this.palette[code]!.fill[this.mode];
        context.fillRect(...box);
        if (exact && this.makeSprites()) {
          this.drawSymbol(context, code, left, top, right, bottom);
        }
      }
    }
    tile.patches = [];
  }

  /** Device pixels of a cell within the tile that begins with cell `first`. */
  private span(index: number, first: number, size: number): [number, number] {
    const begin = edgeOf(first, size, this.ratio);
    return [edgeOf(index, size, this.ratio) - begin, edgeOf(index + 1, size, this.ratio) - begin];
  }

  private tile(tileRow: number, tileColumn: number): Tile {
    const key = this.key(tileRow, tileColumn);
    let tile = this.tiles.get(key);
    if (!tile || tile.patches.length > PATCHES_MAX) {
      tile = this.makeTile(tileRow, tileColumn);
      this.tiles.set(key, tile);
    } else if (tile.patches.length > 0) {
      this.patch(tile, tileRow, tileColumn);
    }
    tile.used = this.clock;
    return tile;
  }

  private drawTiles(view: View, rows: Range, columns: Range): void {
    this.clock += 1;
    this.context.imageSmoothingEnabled = false;
    const { blocks, tile: length, exact } = this.plan;
    const perRow = length.rows * blocks.rows;
    const perColumn = length.columns * blocks.columns;
    for (let tileRow = Math.floor(rows.first / perRow); tileRow * perRow < rows.end; ++tileRow) {
      for (let tileColumn = Math.floor(columns.first / perColumn); tileColumn * perColumn < columns.end; ++tileColumn) {
        const tile = this.tile(tileRow, tileColumn);
        if (exact) {
          this.context.drawImage(tile.canvas, this.x(view, tileColumn * perColumn), this.y(view, tileRow * perRow));
        } else {
          this.drawScaled(view, tile, { row: tileRow * perRow, column: tileColumn * perColumn }, rows, columns);
        }
      }
    }
    this.dropOldTiles();
  }

  /** Only the part in view is scaled, with its edges on whole pixels. */
  private drawScaled(view: View, tile: Tile, first: Cell, rows: Range, columns: Range): void {
    const { blocks } = this.plan;
    const { canvas } = tile;
    const fromX = Math.max(0, Math.floor((columns.first - first.column) / blocks.columns));
    const fromY = Math.max(0, Math.floor((rows.first - first.row) / blocks.rows));
    const toX = Math.min(canvas.width, Math.ceil((columns.end - first.column) / blocks.columns));
    const toY = Math.min(canvas.height, Math.ceil((rows.end - first.row) / blocks.rows));
    const x = (block: number): number => this.x(view, Math.min(this.cells.columns, first.column + block * blocks.columns));
    const y = (block: number): number => this.y(view, Math.min(this.cells.rows, first.row + block * blocks.rows));
    const part = (left: number, top: number, right: number, bottom: number): void =>
      this.context.drawImage(canvas, left, top, right - left, bottom - top, x(left), y(top), x(right) - x(left), y(bottom) - y(top));
    // Where gaps are drawn between cells, each has to end at its own edge: few are in view.
    if (view.size.height >= GAP_LEAST) {
      for (let row = fromY; row < toY; ++row) {
        part(fromX, row, toX, row + 1);
      }
    } else if (view.size.width >= GAP_LEAST) {
      for (let column = fromX; column < toX; ++column) {
        part(column, fromY, column + 1, toY);
      }
    } else {
      part(fromX, fromY, toX, toY);
    }
  }

  private dropOldTiles(): void {
    if (this.tiles.size <= TILES_MAX) {
      return;
    }
    const old = [...this.tiles].filter(([, tile]) => tile.used !== this.clock).sort((a, b) => a[1].used - b[1].used);
    for (const [key] of old.slice(0, this.tiles.size - TILES_MAX)) {
      this.tiles.delete(key);
    }
  }

  /** Where only one side of the cells is large enough for gaps. */
  private drawGaps(view: View, rows: Range, columns: Range): void {
    const { context } = this;
    context.fillStyle = this.theme.background;
    const line = this.line();
    const left = this.x(view, columns.first);
    const top = this.y(view, rows.first);
    const right = this.x(view, columns.end);
    const bottom = this.y(view, rows.end);
    for (let row = rows.first; view.size.height >= GAP_LEAST && row < rows.end; ++row) {
      context.fillRect(left, this.y(view, row + 1) - line, right - left, line);
    }
    for (let column = columns.first; view.size.width >= GAP_LEAST && column < columns.end; ++column) {
      const wide = this.gapAfter(column);
      context.fillRect(this.x(view, column + 1) - wide, top, wide, bottom - top);
    }
  }

  /** Makes the symbols for the size of cells there is; false if they are too small for any. */
  private makeSprites(): boolean {
    const { exact } = this.plan;
    const side = exact ? Math.floor(Math.min(exact.width, exact.height) * this.ratio + 1e-6) : 0;
    if (side < SYMBOL_LEAST * this.ratio) {
      return false;
    }
    const key = `${side} ${this.mode}`;
    if (key === this.spriteKey) {
      return true;
    }
    this.spriteKey = key;
    this.sprites = this.palette.map((status) => {
      if (status.symbol === "") {
        return null;
      }
      const [canvas, context] = blank(side, side);
      const drawn = side * 0.8;
      context.translate((side - drawn - this.ratio) / 2, (side - drawn - this.ratio) / 2);
      context.scale(drawn / 16, drawn / 16);
      context.lineWidth = 1.9;
      context.lineCap = "round";
      context.lineJoin = "round";
      context.strokeStyle = status.ink[this.mode];
      context.stroke(new Path2D(status.symbol));
      return canvas;
    });
    return true;
  }

  private drawSymbol(context: CanvasRenderingContext2D, code: number, left: number, top: number, right: number, bottom: number): void {
    const sprite = this.sprites[code];
    if (sprite) {
      context.drawImage(sprite, left + Math.floor((right - left - sprite.width) / 2), top + Math.floor((bottom - top - sprite.height) / 2));
    }
  }

  private drawMarks(view: View): void {
    const { context } = this;
    const box = (cell: Cell, colour: string, line: number): void => {
      const left = this.x(view, cell.column);
      const top = this.y(view, cell.row);
      const width = Math.max(6 * this.ratio, this.x(view, cell.column + 1) - left);
      const height = Math.max(6 * this.ratio, this.y(view, cell.row + 1) - top);
      context.strokeStyle = colour;
      context.lineWidth = line * this.ratio;
      context.strokeRect(left, top, width, height);
    };
    if (view.hover) {
      box(view.hover, this.theme.quiet, 1);
    }
    if (view.focus && view.focused) {
      box(view.focus, this.theme.background, 4);
      box(view.focus, this.theme.text, 2);
    }
  }
}
