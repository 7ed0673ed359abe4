// SPDX-License-Identifier: GPL-3.0-or-later
// Lines over the last minutes on a canvas.

const MARGIN = { left: 38, right: 46, top: 8, bottom: 22 };

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them over `range`. */
export function tickStep(range, count) {
  const raw = range / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * (raw <= power ? 1 : raw <= 2 * power ? 2 : raw <= 5 * power ? 5 : 10);
}

/**
 * Draw `series`, [{color, points: [{x, y}]}] with x in seconds before now (0 is now), over `seconds`.
 * `pointer`: where the mouse is in CSS pixels, or null; the values there are written.
 */
export function drawChart(canvas, series, seconds, pointer) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const [line, faint] = ["--line", "--faint"].map((name) => style.getPropertyValue(name));
  context.scale(ratio, ratio);
  context.font = `12px ${style.fontFamily}`;
  context.textBaseline = "middle";

  const values = series.flatMap((one) => one.points.map((point) => point.y));
  let [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 40];
  const step = tickStep(Math.max(high - low, 4), 4);
  [low, high] = [Math.floor(low / step - 0.1) * step, Math.ceil(high / step + 0.1) * step];
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const xOf = (x) => right - ((right - MARGIN.left) * x) / seconds;
  const yOf = (y) => bottom - ((bottom - MARGIN.top) * (y - low)) / (high - low);

  context.strokeStyle = line;
  context.fillStyle = faint;
  context.textAlign = "right";
  for (let y = low; y <= high + 1e-9; y += step) {
    context.beginPath();
    context.moveTo(MARGIN.left, yOf(y));
    context.lineTo(right, yOf(y));
    context.stroke();
    context.fillText(String(+y.toFixed(6)), MARGIN.left - 6, yOf(y));
  }
  context.textAlign = "center";
  for (let x = 0; x <= seconds; x += seconds / 4) {
    context.fillText(x ? `−${x} s` : "now", xOf(x), height - 9);
  }

  for (const { color, points } of series) {
    if (!points.length) continue;
    context.strokeStyle = context.fillStyle = color;
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.beginPath();
    for (const { x, y } of points) context.lineTo(xOf(x), yOf(y));
    context.stroke();
    const last = points[points.length - 1];
    dot(context, xOf(last.x), yOf(last.y));
    context.textAlign = "left";
    context.fillText(last.y.toFixed(1), right + 8, yOf(last.y));
  }
  if (pointer && pointer.x >= MARGIN.left && pointer.x <= right) {
    drawValues(context, series, pointer.x, { xOf, yOf, bottom, right, line });
  }
}

function drawValues(context, series, pointer, { xOf, yOf, bottom, right, line }) {
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(pointer, MARGIN.top);
  context.lineTo(pointer, bottom);
  context.stroke();
  for (const { color, points } of series) {
    if (!points.length) continue;
    const distance = (point) => Math.abs(xOf(point.x) - pointer);
    const nearest = points.reduce((best, point) => (distance(point) < distance(best) ? point : best));
    const x = xOf(nearest.x);
    context.fillStyle = color;
    context.textAlign = x > right - 60 ? "right" : "left";
    dot(context, x, yOf(nearest.y));
    context.fillText(nearest.y.toFixed(1), x + (x > right - 60 ? -8 : 8), yOf(nearest.y) - 10);
  }
}

function dot(context, x, y) {
  context.beginPath();
  context.arc(x, y, 3, 0, 2 * Math.PI);
  context.fill();
}
