// The arithmetic of the grid of cells: node --test test/unit/grid_geometry.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../module.mjs";

const grid = await load("src/app/parts/grid_geometry.ts");

test("the whole grid fits the view and a small one is not blown up", () => {
  const large = grid.fitCells(1000, 2000, { width: 500, height: 400 });
  assert.equal(large.width * 2000, 500);
  assert.equal(large.height * 1000, 400);
  assert.deepEqual(grid.fitCells(2, 3, { width: 500, height: 400 }), grid.CELL_MAX);
  const edged = grid.fitCells(40, 90, { width: 500, height: 400 });
  assert.ok(Math.abs(edged.width * 90 - 500) < 1e-9 && Math.abs(edged.height * 40 - 400) < 1e-9, "no room is left");
});

test("cells of a fractional size differ by at most a device pixel and leave no seam", () => {
  for (const [size, ratio] of [[500 / 90, 1], [12.83, 1.5], [4.001, 2], [22, 1.25]]) {
    for (let index = 0; index < 500; ++index) {
      const width = grid.edgeOf(index + 1, size, ratio) - grid.edgeOf(index, size, ratio);
      assert.ok(Math.abs(width - size * ratio) < 1, `${index}`);
    }
    assert.equal(grid.edgeOf(500, size, ratio), Math.round(500 * size * ratio));
  }
});

test("upright names are smaller than their columns are wide, and never too small to read", () => {
  for (let width = 11; width < 30; width += 0.3) {
    assert.ok(grid.uprightType(width) >= 9 && grid.uprightType(width) <= 12);
    assert.ok(grid.uprightType(width) <= width - 1.5);
  }
});

test("zooming ends at the whole grid and at the largest cell, and each step changes something", () => {
  for (const ratio of [1, 1.5, 2]) {
    const fit = grid.fitCells(1000, 1000, { width: 900, height: 700 });
    let size = fit;
    let steps = 0;
    while (size.width < grid.CELL_MAX.width || size.height < grid.CELL_MAX.height) {
      const next = grid.zoomCells(size, grid.ZOOM_STEP, fit, ratio);
      assert.ok(next.width > size.width || next.height > size.height);
      if (next.width * ratio >= 3 && next.width < grid.CELL_MAX.width) {
        assert.ok(Math.abs(next.width * ratio - Math.round(next.width * ratio)) < 1e-6, "whole device pixels");
      }
      size = next;
      assert.ok(++steps < 200);
    }
    for (steps = 0; steps < 200; ++steps) {
      size = grid.zoomCells(size, 1 / grid.ZOOM_STEP, fit, ratio);
    }
    assert.deepEqual(size, fit);
  }
});

test("the visible range covers every cell that is in view even in part, and no other", () => {
  assert.deepEqual(grid.visibleRange(0, 100, 10, 1000), { first: 0, end: 10 });
  assert.deepEqual(grid.visibleRange(5, 100, 10, 1000), { first: 0, end: 11 });
  assert.deepEqual(grid.visibleRange(9990, 100, 10, 1000), { first: 999, end: 1000 });
  assert.deepEqual(grid.visibleRange(0, 100, 0.25, 250), { first: 0, end: 250 });
  assert.deepEqual(grid.visibleRange(0, 100, 10, 0), { first: 0, end: 0 });
  assert.deepEqual(grid.visibleRange(50, 100, 10, 3), { first: 3, end: 3 });
});

test("a point hits the cell that is drawn there", () => {
  const size = { width: 10, height: 20 };
  const hit = (x, y) => grid.cellAt(x, y, { left: 105, top: 40 }, size, 50, 60);
  assert.deepEqual(hit(0, 0), { row: 2, column: 10 });
  assert.deepEqual(hit(4.9, 19.9), { row: 2, column: 10 });
  assert.deepEqual(hit(5, 20), { row: 3, column: 11 });
  assert.equal(hit(-1, 0), null);
  assert.equal(hit(0, 20 * 50), null);
  assert.equal(hit(10 * 60, 0), null);
});

test("the point under the pointer stays when zooming", () => {
  const after = grid.scrollAfterZoom(120, 300, 4, 10);
  assert.equal((after + 120) / 10, (300 + 120) / 4);
  assert.equal(grid.scrollAfterZoom(500, 0, 10, 2), 0);
});

test("scrolling to a cell moves no more than is needed", () => {
  assert.equal(grid.scrollTo(5, 10, 0, 100), 0);
  assert.equal(grid.scrollTo(10, 10, 0, 100), 10);
  assert.equal(grid.scrollTo(3, 10, 80, 100), 30);
});

test("each block of an overview has at least one device pixel and less than two", () => {
  for (const size of [0.001, 0.1, 0.26, 0.5, 0.7, 0.99]) {
    const device = size * grid.blockOf(size, 1);
    assert.ok(device >= 1 && device < 2, `${size}`);
  }
  assert.equal(grid.blockOf(0.5, 2), 1);
  assert.equal(grid.blockOf(7, 1), 1);
});

test("keys walk within the grid", () => {
  const go = (key, control = false) => grid.cellAfterKey(key, control, { row: 5, column: 5 }, 10, 12, 7);
  assert.deepEqual(go("ArrowUp"), { row: 4, column: 5 });
  assert.deepEqual(go("PageDown"), { row: 9, column: 5 });
  assert.deepEqual(go("PageUp"), { row: 0, column: 5 });
  assert.deepEqual(go("Home"), { row: 5, column: 0 });
  assert.deepEqual(go("End"), { row: 5, column: 11 });
  assert.deepEqual(go("End", true), { row: 9, column: 11 });
  assert.equal(go("a"), null);
});

test("of what a block covers the worst wins, whatever the order, and nothing is none", () => {
  const cells = new grid.CellCodes(4, 5, [2, 1, 9, 0]);
  assert.equal(cells.worst({ first: 0, end: 4 }, { first: 0, end: 5 }), grid.EMPTY);
  cells.fill((row, column) => (row === 2 && column === 3 ? 2 : column === 0 ? 0 : row === 0 ? -1 : 1));
  assert.equal(cells.worst({ first: 0, end: 4 }, { first: 0, end: 5 }), 2);
  assert.equal(cells.worst({ first: 0, end: 2 }, { first: 0, end: 5 }), 0);
  assert.equal(cells.worst({ first: 0, end: 2 }, { first: 1, end: 9 }), 1);
  assert.equal(cells.worst({ first: 0, end: 1 }, { first: 1, end: 9 }), grid.EMPTY);
});

test("counts follow every change and a full reading agrees with them", () => {
  let seed = 12345;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const rows = 37;
  const columns = 53;
  const model = Array.from({ length: rows * columns }, () => -1);
  const cells = new grid.CellCodes(rows, columns, [0, 1, 2, 3]);
  for (let step = 0; step < 20000; ++step) {
    const row = random(rows);
    const column = random(columns);
    const code = random(6) - 1;  // -1 and 4 are no codes.
    const known = code >= 0 && code < 4 ? code : -1;
    const before = model[row * columns + column];
    assert.equal(cells.set(row, column, code), before !== known);
    model[row * columns + column] = known;
  }
  const counts = [0, 1, 2, 3].map((code) => model.filter((one) => one === code).length);
  assert.deepEqual(cells.counts, counts);
  const again = new grid.CellCodes(rows, columns, [0, 1, 2, 3]);
  again.fill((row, column) => model[row * columns + column]);
  assert.deepEqual(again.counts, counts);
  assert.deepEqual(again.codes, cells.codes);
  assert.equal(cells.set(rows, 0, 1), false);
  assert.equal(cells.set(0, -1, 1), false);
});
