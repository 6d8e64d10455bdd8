// A grid of up to some million cells on one canvas: scrolled, zoomed, hovered, walked by keys.
//
// The cells are the caller's: code(i, j) is read once for every cell and again for those that are
// named by invalidate(i, j). However many are invalidated, there is one redraw a frame.
import { Component, createRef } from "preact";
import { signal } from "@preact/signals";
import {
  CELL_MAX, CellCodes, ZOOM_STEP, cellAfterKey, cellAt, fitCells, scrollAfterZoom, scrollTo, zoomCells,
  SYMBOL_LEAST, uprightType, type Cell, type CellSize, type Extent,
} from "./grid_geometry";
import { GridPainter } from "./grid_painter";
import type { Palette } from "./palettes";
import { Legend } from "./legend";
import { isDark } from "../lib/theme";
import "./canvas_grid.css";

/** What the owner of a grid may ask of it; valid while it is mounted. */
export interface GridHandle {
  /** A cell has another code now. Cheap; call it for every event. */
  invalidate(row: number, column: number): void;
  /** Every cell may have another code. */
  invalidateAll(): void;
  /** Scrolls to a cell and puts the focus ring on it. */
  reveal(row: number, column: number): void;
}

export interface CanvasGridProps {
  /** What the grid shows, for those who cannot see it. */
  label: string;
  rows: number;
  columns: number;
  rowLabel(row: number): string;
  columnLabel(column: number): string;
  /** What stands above several columns, such as the date above its job types. */
  columnGroup?: (column: number) => string;
  /** Index into the palette; -1: no such cell. */
  code(row: number, column: number): number;
  palette: Palette;
  /** The cell in a sentence: shown beside the pointer, and read out. */
  describe(row: number, column: number): string;
  /** Called on click and on Enter. */
  onOpen?: (row: number, column: number) => void;
  /** Given when mounted, and null when unmounted or when rows or columns change. */
  handle?: (handle: GridHandle | null) => void;
  /** Another value: all cells are read again. */
  revision?: unknown;
  /** The legend names only statuses that are there. */
  shortLegend?: boolean;
  /** Begin with cells that can be read instead of the whole grid. */
  startReadable?: boolean;
}

/** So many of the names with most letters are measured: one of them is the longest. */
const MEASURED = 24;
/** Size of the type in which names are measured. */
const NAME_TYPE = 12;
const READABLE: CellSize = { width: 18, height: 18 };

function longest(count: number, name: (index: number) => string, measure: CanvasRenderingContext2D): number {
  const names = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    names.add(name(index));
  }
  const candidates = [...names].sort((a, b) => b.length - a.length).slice(0, MEASURED);
  return Math.max(0, ...candidates.map((text) => measure.measureText(text).width));
}

export class CanvasGrid extends Component<CanvasGridProps> {
  private readonly scroller = createRef<HTMLDivElement>();
  private readonly canvas = createRef<HTMLCanvasElement>();
  private readonly spacer = createRef<HTMLDivElement>();
  private readonly box = createRef<HTMLDivElement>();
  private readonly tip = createRef<HTMLDivElement>();
  private cells!: CellCodes;
  private painter: GridPainter | null = null;
  private size: CellSize = { ...READABLE };
  private extent: Extent = { width: 0, height: 0 };
  private fitted = true;
  private upright = true;
  private names = { row: 80, column: 60 };
  private focus: Cell | null = null;
  private hover: Cell | null = null;
  private focused = false;
  private frame = 0;
  private countsFrame = 0;
  private observer: ResizeObserver | null = null;
  private unwatchTheme: (() => void) | null = null;
  private readonly said = signal("");
  private readonly counts = signal<readonly number[]>([]);
  private readonly zoomed = signal(false);

  override componentDidMount(): void {
    const scroller = this.scroller.current!;
    this.reset();
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(scroller);
    scroller.addEventListener("wheel", this.wheel, { passive: false });
    this.unwatchTheme = isDark.subscribe((dark) => {
      this.painter?.setTheme(dark);
      this.redraw();
    });
    this.resized();
    // The names are measured before the page's fonts are there on a first visit.
    void document.fonts?.ready.then(() => this.painter && this.resized());
  }

  override componentDidUpdate(before: CanvasGridProps): void {
    const { props } = this;
    if (before.rows !== props.rows || before.columns !== props.columns || before.palette !== props.palette) {
      this.reset();
      this.resized();
    } else if (before.revision !== props.revision) {
      this.reread();
    }
  }

  override componentWillUnmount(): void {
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.countsFrame);
    this.observer?.disconnect();
    this.unwatchTheme?.();
    this.scroller.current?.removeEventListener("wheel", this.wheel);
    this.painter = null;
    this.props.handle?.(null);
  }

  /** Makes everything that depends on the number of rows and columns. */
  private reset(): void {
    const { rows, columns, palette } = this.props;
    this.props.handle?.(null);
    this.cells = new CellCodes(rows, columns, palette.map((status) => status.rank));
    this.cells.fill((row, column) => this.props.code(row, column));
    this.painter = new GridPainter(this.canvas.current!, this.cells, palette, {
      row: (row) => this.props.rowLabel(row),
      column: (column) => this.props.columnLabel(column),
      group: this.props.columnGroup ? (column) => this.props.columnGroup!(column) : null,
    });
    this.painter.setTheme(isDark.value);
    this.focus = null;
    this.hover = null;
    this.fitted = !this.props.startReadable;
    this.size = { ...READABLE };
    this.counts.value = [...this.cells.counts];
    this.props.handle?.({
      invalidate: (row, column) => this.invalidate(row, column),
      invalidateAll: () => this.reread(),
      reveal: (row, column) => this.setFocus({ row, column }),
    });
  }

  private reread(): void {
    this.cells.fill((row, column) => this.props.code(row, column));
    this.painter?.forget();
    this.changed();
  }

  private invalidate(row: number, column: number): void {
    if (this.cells.set(row, column, this.props.code(row, column))) {
      this.painter?.touch(row, column);
      this.changed();
    }
  }

  private changed(): void {
    this.redraw();
    if (this.countsFrame === 0) {
      this.countsFrame = requestAnimationFrame(() => {
        this.countsFrame = 0;
        this.counts.value = [...this.cells.counts];
      });
    }
  }

  /**
   * Do names stand upright on columns of this width? Once they lie it takes more for them to stand: they
   * make the page higher, its scroll bar makes columns narrower, and so they would fall again.
   */
  private stands(width: number): boolean {
    return width >= SYMBOL_LEAST + (this.upright ? 0 : 0.5);
  }

  /** Height of the names above the columns; upright names only where cells are wide enough. */
  private labels(): Extent {
    const grouped = this.props.columnGroup ? 18 : 0;
    const longest = (this.names.column * uprightType(this.size.width)) / NAME_TYPE;
    return {
      width: Math.min(this.names.row + 12, Math.max(72, this.extent.width * 0.3), 220),
      height: grouped + (this.stands(this.size.width) ? Math.min(150, Math.ceil(longest) + 10) : 20),
    };
  }

  private inner(): Extent {
    const labels = this.labels();
    return { width: this.extent.width - labels.width, height: this.extent.height - labels.height };
  }

  private fit(): CellSize {
    const { rows, columns } = this.props;
    const before = this.size;
    let fit = before;
    // The names above take their room by the width of the cells: twice settles it.
    for (let pass = 0; pass < 2; ++pass) {
      this.size = fit = fitCells(rows, columns, this.inner());
    }
    this.size = before;
    return fit;
  }

  private resized(): void {
    const scroller = this.scroller.current;
    if (!scroller || !this.painter) {
      return;
    }
    const context = document.createElement("canvas").getContext("2d")!;
    context.font = `${NAME_TYPE}px system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif`;
    this.names = {
      row: longest(this.props.rows, (row) => this.props.rowLabel(row), context),
      column: longest(this.props.columns, (column) => this.props.columnLabel(column), context),
    };
    this.extent = { width: scroller.clientWidth, height: scroller.clientHeight };
    this.refit();
    // The height that is wanted depends on the width that there is, and what is given is known after.
    this.extent = { width: scroller.clientWidth, height: scroller.clientHeight };
    this.refit();
  }

  private refit(): void {
    const fit = this.fit();
    this.size = this.fitted ? fit : zoomCells(this.size, 1, fit, this.ratio());
    this.applySize();
  }

  private ratio(): number {
    return Math.min(3, window.devicePixelRatio || 1);
  }

  private applySize(): void {
    const { rows, columns } = this.props;
    this.upright = this.stands(this.size.width);
    const labels = this.labels();
    const spacer = this.spacer.current!;
    const canvas = this.canvas.current!;
    // A whole grid in view must not get scroll bars from the last fraction of a pixel.
    const total = { width: labels.width + columns * this.size.width, height: labels.height + rows * this.size.height };
    spacer.style.width = `${this.fitted ? Math.min(this.extent.width, total.width) : Math.ceil(total.width)}px`;
    spacer.style.height = `${this.fitted ? Math.min(this.extent.height, total.height) : Math.ceil(total.height)}px`;
    canvas.style.width = `${this.extent.width}px`;
    canvas.style.height = `${this.extent.height}px`;
    // As high as what is drawn, with its scroll bar and border; where there is less room, it shrinks.
    const scroller = this.scroller.current!;
    const bar = scroller.offsetHeight - scroller.clientHeight;
    this.box.current!.style.height = `${Math.ceil(labels.height + rows * CELL_MAX.height) + bar + 2}px`;
    this.zoomed.value = !this.fitted;
    this.redraw();
  }

  private redraw(): void {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    }
  }

  private draw(): void {
    const scroller = this.scroller.current;
    if (!scroller || !this.painter || this.extent.width === 0) {
      return;
    }
    this.painter.draw({
      size: this.size, scroll: { left: scroller.scrollLeft, top: scroller.scrollTop },
      extent: this.extent, labels: this.labels(), upright: this.upright, focus: this.focus, hover: this.hover, focused: this.focused,
    });
  }

  /** Zooms about a point of the canvas, by default its middle. */
  private zoom(factor: number, at?: { x: number; y: number }): void {
    const scroller = this.scroller.current!;
    const fit = this.fit();
    const before = this.size;
    const labels = this.labels();
    const inner = this.inner();
    const point = at
      ? { x: Math.max(0, at.x - labels.width), y: Math.max(0, at.y - labels.height) }
      : { x: inner.width / 2, y: inner.height / 2 };
    const scroll = { left: scroller.scrollLeft, top: scroller.scrollTop };
    this.size = zoomCells(before, factor, fit, this.ratio());
    this.fitted = this.size.width <= fit.width * 1.001 && this.size.height <= fit.height * 1.001;
    if (this.fitted) {
      this.size = fit;
    }
    this.applySize();
    scroller.scrollLeft = scrollAfterZoom(point.x, scroll.left, before.width, this.size.width);
    scroller.scrollTop = scrollAfterZoom(point.y, scroll.top, before.height, this.size.height);
  }

  private showWhole(): void {
    this.fitted = true;
    this.size = this.fit();
    this.applySize();
  }

  private showReadable(): void {
    const step = Math.max(READABLE.width / this.size.width, READABLE.height / this.size.height);
    this.zoom(Math.max(step, 1));
  }

  private readonly wheel = (event: WheelEvent): void => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const box = this.canvas.current!.getBoundingClientRect();
      this.zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, { x: event.clientX - box.left, y: event.clientY - box.top });
    }
  };

  private cellOf(event: MouseEvent): Cell | null {
    const scroller = this.scroller.current!;
    const box = this.canvas.current!.getBoundingClientRect();
    const labels = this.labels();
    const { rows, columns } = this.props;
    return cellAt(
      event.clientX - box.left - labels.width, event.clientY - box.top - labels.height,
      { left: scroller.scrollLeft, top: scroller.scrollTop }, this.size, rows, columns);
  }

  private readonly moved = (event: MouseEvent): void => {
    const cell = this.cellOf(event);
    const same = cell?.row === this.hover?.row && cell?.column === this.hover?.column;
    this.hover = cell;
    this.placeTip(event, cell);
    if (!same) {
      this.redraw();
    }
  };

  private placeTip(event: MouseEvent, cell: Cell | null): void {
    const tip = this.tip.current!;
    tip.hidden = cell === null;
    if (cell === null) {
      return;
    }
    tip.textContent = this.props.describe(cell.row, cell.column);
    const box = tip.parentElement!.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const right = x + 16 + tip.offsetWidth > box.width;
    const below = y + 22 + tip.offsetHeight > box.height;
    tip.style.left = `${Math.max(0, right ? x - 12 - tip.offsetWidth : x + 16)}px`;
    tip.style.top = `${Math.max(0, below ? y - 10 - tip.offsetHeight : y + 18)}px`;
  }

  private readonly left = (): void => {
    this.hover = null;
    this.tip.current!.hidden = true;
    this.redraw();
  };

  private readonly clicked = (event: MouseEvent): void => {
    const cell = this.cellOf(event);
    if (cell) {
      this.setFocus(cell);
      this.props.onOpen?.(cell.row, cell.column);
    }
  };

  private setFocus(cell: Cell): void {
    const scroller = this.scroller.current!;
    const inner = this.inner();
    this.focus = cell;
    scroller.scrollLeft = scrollTo(cell.column, this.size.width, scroller.scrollLeft, inner.width);
    scroller.scrollTop = scrollTo(cell.row, this.size.height, scroller.scrollTop, inner.height);
    this.said.value = this.props.describe(cell.row, cell.column);
    this.redraw();
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    const { rows, columns } = this.props;
    if (event.altKey || rows === 0 || columns === 0) {
      return;
    }
    const page = Math.max(1, Math.floor(this.inner().height / this.size.height) - 1);
    const next = cellAfterKey(
      event.key, event.ctrlKey || event.metaKey, this.focus ?? { row: 0, column: 0 }, rows, columns, page);
    if (next) {
      this.setFocus(this.focus || event.key === "Home" || event.key === "End" ? next : { row: 0, column: 0 });
    } else if ((event.key === "Enter" || event.key === " ") && this.focus) {
      this.props.onOpen?.(this.focus.row, this.focus.column);
    } else if (event.key === "+" || event.key === "=") {
      this.zoom(ZOOM_STEP);
    } else if (event.key === "-") {
      this.zoom(1 / ZOOM_STEP);
    } else if (event.key === "0") {
      this.showWhole();
    } else {
      return;
    }
    event.preventDefault();
  };

  private readonly focusIn = (): void => {
    this.focused = true;
    if (this.focus === null && this.props.rows > 0 && this.props.columns > 0) {
      this.focus = { row: 0, column: 0 };
    }
    this.redraw();
  };

  private readonly focusOut = (): void => {
    this.focused = false;
    this.redraw();
  };

  override render({ label, palette, rows, columns, shortLegend }: CanvasGridProps) {
    return (
      <div class="grid-frame">
        <div class="grid-tools">
          <GridLegend palette={palette} counts={this.counts} present={shortLegend} />
          <span class="grid-zoom" role="group" aria-label="Zoom">
            <button type="button" class="button button-small" title="Smaller cells (key -)" aria-label="Smaller cells" onClick={() => this.zoom(1 / ZOOM_STEP)}>&#8722;</button>
            <button type="button" class="button button-small" title="Larger cells (key +)" aria-label="Larger cells" onClick={() => this.zoom(ZOOM_STEP)}>+</button>
            <button type="button" class="button button-small" title="The whole grid (key 0)" onClick={() => this.showWhole()}>Whole</button>
            <button type="button" class="button button-small" title="Cells with symbols" onClick={() => this.showReadable()}>Readable</button>
          </span>
        </div>
        <div class="grid-box" ref={this.box}>
          <div
            class="grid-scroller" ref={this.scroller} tabIndex={0} role="application"
            aria-roledescription="grid of cells" aria-label={`${label}: ${rows} rows, ${columns} columns`}
            onScroll={() => this.redraw()} onMouseMove={this.moved} onMouseLeave={this.left} onClick={this.clicked}
            onKeyDown={this.pressed} onFocus={this.focusIn} onBlur={this.focusOut}
          >
            <div class="grid-spacer" ref={this.spacer}>
              <canvas class="grid-canvas" ref={this.canvas} />
            </div>
          </div>
          <div class="grid-tip" ref={this.tip} hidden aria-hidden="true" />
        </div>
        <p class="grid-said" aria-live="polite">{this.said}</p>
      </div>
    );
  }
}

/** The legend with its counts, apart, so that a change of counts redraws nothing else. */
function GridLegend({ palette, counts, present }: {
  palette: Palette; counts: { readonly value: readonly number[] }; present: boolean | undefined;
}) {
  return <Legend palette={palette} counts={counts.value} {...(present ? { present } : {})} />;
}
