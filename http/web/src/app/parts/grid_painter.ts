// Draws the visible part of a grid. Fills come from tiles with one pixel for a cell or, in an
// overview, for a block of cells; only tiles in view are made, and a changed cell repaints one pixel.
import { FONT, dark, light, type Theme } from "../../charts/theme";
import {
  EMPTY, GAP_LEAST, SYMBOL_LEAST, blockOf, labelEvery, visibleRange,
  type Cell, type CellCodes, type CellSize, type Extent, type Range,
} from "./grid_geometry";
import type { Palette } from "./palettes";

const TILE = 256;
const TILES_MAX = 160;
/** So many changes in one tile cost more than to make it anew. */
const PATCHES_MAX = 400;

interface Tile { canvas: HTMLCanvasElement; patches: number[]; used: number }

/** The names along the edges. */
export interface Names {
  row(index: number): string;
  column(index: number): string;
  /** What several columns have in common, or null. */
  group: ((index: number) => string) | null;
}

/** The state of one picture. */
export interface View {
  size: CellSize;
  scroll: { left: number; top: number };
  extent: Extent;
  labels: Extent;
  focus: Cell | null;
  hover: Cell | null;
  focused: boolean;
}

function rgba(hex: string): number {
  const value = Number.parseInt(hex.slice(1), 16);
  return (0xff000000 | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

export class GridPainter {
  private readonly context: CanvasRenderingContext2D;
  private tiles = new Map<number, Tile>();
  private sprites: (HTMLCanvasElement | null)[] = [];
  private spriteKey = "";
  private blocks = { rows: 1, columns: 1 };
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

  /** One cell has changed: its pixel is repainted when its tile is next drawn. */
  touch(row: number, column: number): void {
    const y = Math.floor(row / this.blocks.rows);
    const x = Math.floor(column / this.blocks.columns);
    const tile = this.tiles.get(this.key(Math.floor(y / TILE), Math.floor(x / TILE)));
    if (tile && tile.patches.length <= PATCHES_MAX) {
      tile.patches.push((y % TILE) * TILE + (x % TILE));
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
    const blocks = { rows: blockOf(view.size.height, this.ratio), columns: blockOf(view.size.width, this.ratio) };
    if (blocks.rows !== this.blocks.rows || blocks.columns !== this.blocks.columns) {
      this.blocks = blocks;
      this.forget();
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
    this.drawFills(view, rows, columns);
    this.drawGaps(view, rows, columns);
    this.drawSymbols(view, rows, columns);
    this.drawMarks(view);
    context.restore();
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.drawColumnNames(view, columns);
    this.drawRowNames(view, rows);
  }

  private key(tileRow: number, tileColumn: number): number {
    return tileRow * 1_000_003 + tileColumn;
  }

  /** Device pixel of a cell's left or upper edge. */
  private x(view: View, column: number): number {
    return Math.round((view.labels.width + column * view.size.width - view.scroll.left) * this.ratio);
  }

  private y(view: View, row: number): number {
    return Math.round((view.labels.height + row * view.size.height - view.scroll.top) * this.ratio);
  }

  private blockColour(blockRow: number, blockColumn: number): number {
    const { rows, columns } = this.blocks;
    const code = rows === 1 && columns === 1
      ? this.cells.at(blockRow, blockColumn)
      : this.cells.worst(
        { first: blockRow * rows, end: (blockRow + 1) * rows },
        { first: blockColumn * columns, end: (blockColumn + 1) * columns });
    return code === EMPTY ? 0 : this.colours[code]!;
  }

  private makeTile(tileRow: number, tileColumn: number): Tile {
    const canvas = document.createElement("canvas");
    const rows = Math.ceil(this.cells.rows / this.blocks.rows) - tileRow * TILE;
    const columns = Math.ceil(this.cells.columns / this.blocks.columns) - tileColumn * TILE;
    canvas.width = Math.min(TILE, columns);
    canvas.height = Math.min(TILE, rows);
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    const image = context.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let y = 0, at = 0; y < canvas.height; ++y) {
      for (let x = 0; x < canvas.width; ++x, ++at) {
        pixels[at] = this.blockColour(tileRow * TILE + y, tileColumn * TILE + x);
      }
    }
    context.putImageData(image, 0, 0);
    return { canvas, patches: [], used: this.clock };
  }

  private patch(tile: Tile, tileRow: number, tileColumn: number): void {
    const context = tile.canvas.getContext("2d")!;
    for (const at of tile.patches) {
      const y = Math.floor(at / TILE);
      const x = at % TILE;
      const colour = this.blockColour(tileRow * TILE + y, tileColumn * TILE + x);
      context.clearRect(x, y, 1, 1);
      if (colour !== 0) {
        context.fillStyle = `rgb(${colour & 0xff},${(colour >> 8) & 0xff},${(colour >> 16) & 0xff})`;
        context.fillRect(x, y, 1, 1);
      }
    }
    tile.patches = [];
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

  private drawFills(view: View, rows: Range, columns: Range): void {
    this.clock += 1;
    const { context } = this;
    context.imageSmoothingEnabled = false;
    const perRow = TILE * this.blocks.rows;
    const perColumn = TILE * this.blocks.columns;
    for (let tileRow = Math.floor(rows.first / perRow); tileRow * perRow < rows.end; ++tileRow) {
      for (let tileColumn = Math.floor(columns.first / perColumn); tileColumn * perColumn < columns.end; ++tileColumn) {
        const tile = this.tile(tileRow, tileColumn);
        // Only the part in view is scaled, with its edges on whole pixels.
        const from = {
          x: Math.max(0, Math.floor((columns.first - tileColumn * perColumn) / this.blocks.columns)),
          y: Math.max(0, Math.floor((rows.first - tileRow * perRow) / this.blocks.rows)),
        };
        const to = {
          x: Math.min(tile.canvas.width, Math.ceil((columns.end - tileColumn * perColumn) / this.blocks.columns)),
          y: Math.min(tile.canvas.height, Math.ceil((rows.end - tileRow * perRow) / this.blocks.rows)),
        };
        const left = this.x(view, tileColumn * perColumn + from.x * this.blocks.columns);
        const top = this.y(view, tileRow * perRow + from.y * this.blocks.rows);
        const right = this.x(view, Math.min(this.cells.columns, tileColumn * perColumn + to.x * this.blocks.columns));
        const bottom = this.y(view, Math.min(this.cells.rows, tileRow * perRow + to.y * this.blocks.rows));
        context.drawImage(tile.canvas, from.x, from.y, to.x - from.x, to.y - from.y, left, top, right - left, bottom - top);
      }
    }
    this.dropOldTiles();
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

  private drawGaps(view: View, rows: Range, columns: Range): void {
    const { context } = this;
    context.fillStyle = this.theme.background;
    const line = Math.max(1, Math.round(this.ratio));
    const left = this.x(view, columns.first);
    const top = this.y(view, rows.first);
    const right = this.x(view, columns.end);
    const bottom = this.y(view, rows.end);
    if (view.size.height >= GAP_LEAST) {
      for (let row = rows.first; row < rows.end; ++row) {
        context.fillRect(left, this.y(view, row + 1) - line, right - left, line);
      }
    }
    if (view.size.width < GAP_LEAST) {
      return;
    }
    const { group } = this.names;
    for (let column = columns.first; column < columns.end; ++column) {
      const ends = group !== null && column + 1 < this.cells.columns && group(column) !== group(column + 1);
      const wide = ends ? line * 2 : line;
      context.fillRect(this.x(view, column + 1) - wide, top, wide, bottom - top);
    }
  }

  private makeSprites(view: View): void {
    const side = Math.floor(Math.min(view.size.width, view.size.height) * this.ratio);
    const key = `${side} ${this.mode}`;
    if (key === this.spriteKey) {
      return;
    }
    this.spriteKey = key;
    this.sprites = this.palette.map((status) => {
      if (status.symbol === "") {
        return null;
      }
      const canvas = document.createElement("canvas");
      canvas.width = side;
      canvas.height = side;
      const context = canvas.getContext("2d")!;
      const drawn = side * 0.8;
      context.translate((side - drawn) / 2 - this.ratio / 2, (side - drawn) / 2 - this.ratio / 2);
      context.scale(drawn / 16, drawn / 16);
      context.lineWidth = 1.9;
      context.lineCap = "round";
      context.lineJoin = "round";
      context.strokeStyle = status.ink[this.mode];
      context.stroke(new Path2D(status.symbol));
      return canvas;
    });
  }

  private drawSymbols(view: View, rows: Range, columns: Range): void {
    if (view.size.width < SYMBOL_LEAST || view.size.height < SYMBOL_LEAST) {
      return;
    }
    this.makeSprites(view);
    const side = Math.floor(Math.min(view.size.width, view.size.height) * this.ratio);
    const inset = {
      x: Math.floor((view.size.width * this.ratio - side) / 2),
      y: Math.floor((view.size.height * this.ratio - side) / 2),
    };
    for (let row = rows.first; row < rows.end; ++row) {
      const y = this.y(view, row) + inset.y;
      for (let column = columns.first; column < columns.end; ++column) {
        const sprite = this.sprites[this.cells.at(row, column)];
        if (sprite) {
          this.context.drawImage(sprite, this.x(view, column) + inset.x, y);
        }
      }
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

  private isMarked(view: View, row: number | null, column: number | null): boolean {
    const cell = view.hover ?? (view.focused ? view.focus : null);
    return cell !== null && (row === null ? cell.column === column : cell.row === row);
  }

  private drawRowNames(view: View, rows: Range): void {
    const { context } = this;
    context.fillStyle = this.theme.background;
    context.fillRect(0, view.labels.height, view.labels.width, view.extent.height);
    context.save();
    context.beginPath();
    context.rect(0, view.labels.height, view.labels.width - 6, view.extent.height);
    context.clip();
    context.font = `12px ${FONT}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    const every = labelEvery(view.size.height, 13);
    const name = (row: number, marked: boolean): void => {
      const y = view.labels.height + (row + (every === 1 ? 0.5 : 0)) * view.size.height - view.scroll.top + (every === 1 ? 0 : 6);
      if (marked) {
        context.fillStyle = this.theme.line;
        context.fillRect(0, y - 8, view.labels.width, 16);
      }
      context.fillStyle = marked ? this.theme.text : this.theme.quiet;
      context.fillText(this.names.row(row), 4, y);
    };
    for (let row = Math.ceil(rows.first / every) * every; row < rows.end; row += every) {
      name(row, false);
    }
    for (let row = rows.first; row < rows.end; ++row) {
      if (this.isMarked(view, row, null)) {
        name(row, true);
      }
    }
    context.restore();
  }

  private drawColumnNames(view: View, columns: Range): void {
    const { context } = this;
    const { group } = this.names;
    context.fillStyle = this.theme.background;
    context.fillRect(0, 0, view.extent.width, view.labels.height);
    context.save();
    context.beginPath();
    context.rect(view.labels.width, 0, view.extent.width, view.labels.height);
    context.clip();
    context.font = `12px ${FONT}`;
    context.textBaseline = "middle";
    if (group) {
      this.drawGroups(view, columns, group);
    }
    if (view.size.width >= SYMBOL_LEAST) {
      this.drawUprightNames(view, columns);
    } else {
      this.drawSparseNames(view, columns, group !== null);
    }
    context.restore();
  }

  private drawGroups(view: View, columns: Range, group: (index: number) => string): void {
    const { context } = this;
    context.textAlign = "left";
    let first = columns.first;
    while (first > 0 && group(first - 1) === group(columns.first)) {
      first -= 1;
    }
    let free = view.labels.width;
    for (let column = first; column < columns.end;) {
      const text = group(column);
      let end = column + 1;
      while (end < this.cells.columns && group(end) === text) {
        end += 1;
      }
      const left = view.labels.width + column * view.size.width - view.scroll.left;
      const right = view.labels.width + end * view.size.width - view.scroll.left;
      // The name stays in view while any of its columns is.
      const width = context.measureText(text).width;
      const x = Math.max(left, Math.min(view.labels.width, right - width - 8)) + 2;
      if (x >= free && x + width <= Math.max(right, left + width + 8) + 1) {
        context.fillStyle = this.theme.text;
        context.fillText(text, x, 9);
        free = x + width + 8;
        context.fillStyle = this.theme.line;
        context.fillRect(Math.round(left) - 1, 2, 1, view.labels.height - 4);
      }
      column = end;
    }
  }

  private drawUprightNames(view: View, columns: Range): void {
    const { context } = this;
    context.textAlign = "left";
    for (let column = columns.first; column < columns.end; ++column) {
      const marked = this.isMarked(view, null, column);
      const x = view.labels.width + (column + 0.5) * view.size.width - view.scroll.left;
      context.save();
      context.translate(x, view.labels.height - 5);
      context.rotate(-Math.PI / 2);
      if (marked) {
        context.fillStyle = this.theme.line;
        context.fillRect(-4, -8, view.labels.height, 16);
      }
      context.fillStyle = marked ? this.theme.text : this.theme.quiet;
      context.fillText(this.names.column(column), 0, 0);
      context.restore();
    }
  }

  private drawSparseNames(view: View, columns: Range, grouped: boolean): void {
    const { context } = this;
    context.textAlign = "left";
    const y = view.labels.height - 9;
    if (!grouped) {
      const every = labelEvery(view.size.width, context.measureText(this.names.column(0)).width + 14);
      context.fillStyle = this.theme.quiet;
      for (let column = Math.ceil(columns.first / every) * every; column < columns.end; column += every) {
        context.fillText(this.names.column(column), view.labels.width + column * view.size.width - view.scroll.left, y);
      }
    }
    const cell = view.hover ?? (view.focused ? view.focus : null);
    if (cell) {
      const text = this.names.column(cell.column);
      const width = context.measureText(text).width + 8;
      const at = view.labels.width + cell.column * view.size.width - view.scroll.left;
      const x = Math.max(view.labels.width, Math.min(at - 4, view.extent.width - width));
      context.fillStyle = this.theme.line;
      context.fillRect(x, y - 8, width, 16);
      context.fillStyle = this.theme.text;
      context.fillText(text, x + 4, y);
    }
  }
}
