// SPDX-License-Identifier: GPL-3.0-or-later
// Shows the states that the server sends. Texts go in by textContent only: they come from the network.

import { drawChart } from "./chart.js";

const ROLES = ["alice", "bob", "eve"];
const SILENT_AFTER = 5; // seconds; a role that runs tells its counters every second
const CHART_SECONDS = 120;
const MOST_POINTS = 2400;
const SMALL = 128; // pixels; smaller pictures are shown with their pixels

const points = []; // {role, time, snr_db, psnr_db}, time in seconds of this page's clock
const shown = {}; // by role: number of the picture that is on the page
const loading = {}; // by role: whether one is on its way
let state = null;

const seconds = () => performance.now() / 1000;
const decibels = (value) => (value == null ? "–" : `${value.toFixed(1)} dB`);

function age(value) {
  if (value < 60) return `${Math.round(value)} s ago`;
  return value < 3600 ? `${Math.round(value / 60)} min ago` : `${Math.round(value / 3600)} h ago`;
}

function heardText(value) {
  if (value == null) return "nothing yet";
  return value <= SILENT_AFTER ? "now" : `silent, last heard ${age(value)}`;
}

function number(value) {
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toPrecision(4);
}

function set(card, field, text) {
  const element = card.querySelector(`[data-field="${field}"]`);
  if (element && element.textContent !== text) element.textContent = text;
}

function showRole(role) {
  const card = document.getElementById(role);
  const { picture, counters, heard_ago_s: heard } = state.roles[role];
  card.classList.toggle("silent", heard != null && heard > SILENT_AFTER);
  set(card, "heard", heardText(heard));
  const factor = counters?.real_time_factor;
  card.querySelector('[data-field="real_time_factor"]').parentElement.hidden = factor == null;
  if (factor != null) set(card, "real_time_factor", factor.toFixed(2));
  if (!picture) return;
  const label = picture.label == null ? null : `${picture.label}, ${((picture.confidence ?? 0) * 100).toFixed(0)} %`;
  set(card, "image_id", `#${picture.image_id}${role !== "alice" && label ? `: ${label}` : ""}`);
  set(card, "size", `${picture.width} × ${picture.height}`);
  set(card, "psnr", decibels(picture.psnr_db));
  set(card, "snr", decibels(picture.snr_db));
  if (picture.packets_sent != null) set(card, "packets", `${picture.packets_received ?? 0} of ${picture.packets_sent}`);
  set(card, "latency", picture.latency_s == null ? "–" : `${picture.latency_s.toFixed(2)} s`);
  showPicture(role, card, picture);
}

/** A picture that is on its way is let arrive first, or a fast stream would never show one. */
function showPicture(role, card, picture) {
  if (loading[role] || shown[role] === picture.number) return;
  loading[role] = true;
  const next = new Image();
  next.src = `picture/${role}?${picture.number}`;
  next
    .decode()
    .then(() => {
      const before = card.querySelector("img");
      next.alt = before.alt;
      next.className = next.naturalWidth < SMALL ? "small" : "";
      next.dataset.imageId = picture.image_id;
      before.replaceWith(next);
      card.querySelector(".frame p").hidden = true;
    })
    .catch(() => {}) // another one follows
    .finally(() => {
      shown[role] = picture.number;
      loading[role] = false;
    });
}

function showCounters(role) {
  const body = document.querySelector(`#${role}_counters tbody`);
  const counters = state.roles[role].counters ?? {};
  const names = Object.keys(counters).filter((name) => name !== "real_time_factor"); // has its place on the card
  document.getElementById(`${role}_counters`).hidden = !names.length;
  while (body.rows.length > names.length) body.deleteRow(-1);
  names.forEach((name, index) => {
    const row = body.rows[index] ?? newRow(body);
    row.cells[0].textContent = name.replaceAll("_", " ");
    row.cells[1].textContent = number(counters[name]);
  });
}

function newRow(body) {
  const row = body.insertRow();
  row.append(document.createElement("th"), document.createElement("td"));
  row.cells[0].scope = "row";
  return row;
}

function draw(canvas, pointer = null) {
  const now = seconds();
  const style = getComputedStyle(canvas);
  const field = canvas.dataset.field;
  const series = ["bob", "eve"].map((role) => ({
    color: style.getPropertyValue(`--${role}`),
    points: points
      .filter((point) => point.role === role && point[field] != null && now - point.time <= CHART_SECONDS)
      .map((point) => ({ x: now - point.time, y: point[field] })),
  }));
  drawChart(canvas, series, CHART_SECONDS, pointer);
}

const canvases = [...document.querySelectorAll("canvas")];
const pointers = new Map();
for (const canvas of canvases) {
  canvas.addEventListener("pointermove", (event) => {
    pointers.set(canvas, { x: event.offsetX });
    draw(canvas, pointers.get(canvas));
  });
  canvas.addEventListener("pointerleave", () => pointers.delete(canvas));
}
const drawAll = () => canvases.forEach((canvas) => draw(canvas, pointers.get(canvas)));

function take(event) {
  state = JSON.parse(event.data);
  const now = seconds();
  for (const point of state.points) points.push({ ...point, time: now - point.ago_s });
  points.splice(0, Math.max(0, points.length - MOST_POINTS));
  ROLES.forEach(showRole);
  [...ROLES, "channel"].forEach(showCounters);
  const channel = state.roles.channel.heard_ago_s;
  document.querySelector("[data-channel-heard]").textContent =
    channel != null && channel > SILENT_AFTER ? heardText(channel) : "";
  drawAll();
}

const connection = document.getElementById("connection");
function tell(text, lost) {
  connection.textContent = text;
  connection.classList.toggle("lost", lost);
}
const events = new EventSource("events"); // connects again by itself
events.onopen = () => {
  points.length = 0; // the server sends them all again
  tell("connected", false);
};
events.onerror = () => tell("connection lost: is `deepjscec live` still running?", true);
events.onmessage = take;
window.addEventListener("resize", drawAll);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
