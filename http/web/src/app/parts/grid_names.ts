// Draws the names of a grid's rows and columns along its edges: every name if there is room, else some
// of them, and always that of the marked row and column.
import { FONT, light, type Theme } from "../../charts/theme";
import { labelEvery, uprightType, type Cell, type CellSize, type Extent, type Range } from "./grid_geometry";

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
  /** Do the names of columns stand upright? Else some of them lie. */
  upright: boolean;
  focus: Cell | null;
  hover: Cell | null;
  focused: boolean;
}

export class GridNames {
  private theme: Theme = light;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly names: Names,
    private readonly columns: number,
  ) {}

  /** Draws the names of what is in view, in CSS pixels. */
  draw(view: View, theme: Theme, rows: Range, columns: Range): void {
    this.theme = theme;
    this.drawColumns(view, columns);
    this.drawRows(view, rows);
  }

  private isMarked(view: View, row: number | null, column: number | null): boolean {
    const cell = view.hover ?? (view.focused ? view.focus : null);
    return cell !== null && (row === null ? cell.column === column : cell.row === row);
  }

  private drawRows(view: View, rows: Range): void {
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
      // One of many names that does not fit at the bottom is left out; one of every row scrolls with it.
      if (every === 1 || view.labels.height + row * view.size.height - view.scroll.top + 13 <= view.extent.height) {
        name(row, false);
      }
    }
    for (let row = rows.first; row < rows.end; ++row) {
      if (this.isMarked(view, row, null)) {
        name(row, true);
      }
    }
    context.restore();
  }

  private drawColumns(view: View, columns: Range): void {
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
    if (view.upright) {
      this.drawUpright(view, columns);
    } else {
      this.drawSparse(view, columns, group !== null);
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
      while (end < this.columns && group(end) === text) {
        end += 1;
      }
      const left = view.labels.width + column * view.size.width - view.scroll.left;
      const right = view.labels.width + end * view.size.width - view.scroll.left;
      // The name stays in view while any of its columns is.
      const width = context.measureText(text).width;
      const x = Math.max(left, Math.min(view.labels.width, right - width - 8)) + 2;
      // Half a name at the edge of the view says nothing; the first is needed to know where one is.
      const whole = x + width <= view.extent.width || column === first;
      if (whole && x >= free && x + width <= Math.max(right, left + width + 8) + 1) {
        context.fillStyle = this.theme.text;
        context.fillText(text, x, 9);
        free = x + width + 8;
        context.fillStyle = this.theme.line;
        context.fillRect(Math.round(left) - 1, 2, 1, view.labels.height - 4);
      }
      column = end;
    }
  }

  private drawUpright(view: View, columns: Range): void {
    const { context } = this;
    context.textAlign = "left";
    context.font = `${uprightType(view.size.width)}px ${FONT}`;
    for (let column = columns.first; column < columns.end; ++column) {
      const marked = this.isMarked(view, null, column);
      const x = view.labels.width + (column + 0.5) * view.size.width - view.scroll.left;
      context.save();
      context.translate(x, view.labels.height - 5);
      context.rotate(-Math.PI / 2);
      if (marked) {
        context.fillStyle = this.theme.line;
        const wide = Math.min(16, view.size.width);
        context.fillRect(-4, -wide / 2, view.labels.height, wide);
      }
      context.fillStyle = marked ? this.theme.text : this.theme.quiet;
      context.fillText(this.names.column(column), 0, 0);
      context.restore();
    }
  }

  private drawSparse(view: View, columns: Range, grouped: boolean): void {
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
