// Makes the call graph interactive: wheel zooms, dragging pans, a click shows one function's callers and callees,
// Escape or Reset shows all again. Only the view box and classes change.
(function () {
  'use strict';
  var svg = document.currentScript.ownerSVGElement;
  // Graphviz measured its own font; where the browser has a wider one, what would leave its box is squeezed.
  svg.querySelectorAll('g.node').forEach(function (node) {
    var shape = node.querySelector('polygon');
    if (!shape) return;
    var box = shape.getBBox();
    node.querySelectorAll('text').forEach(function (text) {
      var starts = text.getAttribute('text-anchor') === 'start';
      var room = box.width - (starts ? 2 * (Number(text.getAttribute('x')) - box.x) : 8);
      if (room <= 0 || text.getComputedTextLength() <= room) return;
      text.setAttribute('textLength', room);
      text.setAttribute('lengthAdjust', 'spacingAndGlyphs');
    });
  });
  if (svg !== document.documentElement) return;  // inside a page the page decides how it is viewed
  var start = svg.getAttribute('viewBox').split(/[ ,]+/).map(Number);
  var view = start.slice();
  var nodes = [], edges = [];
  var drag = null, moved = false;

  svg.querySelectorAll('g.node').forEach(function (element) {
    if (element.id === 'legend') return;
    var title = element.querySelector('title');
    var link = element.querySelector('a');
    var tip = link ? link.getAttribute('xlink:title') || link.getAttribute('title') : '';
    nodes.push({ element: element, id: title.textContent,
                 text: Array.from(element.querySelectorAll('text')).map(function (t) { return t.textContent; }).join('::') +
                       '\n' + (tip || '') });
  });
  svg.querySelectorAll('g.edge').forEach(function (element) {
    var ends = element.querySelector('title').textContent.split('->');
    edges.push({ element: element, from: ends[0], to: ends[1] });
  });
  // The titles hold Graphviz' names, "N1"; the tooltips of the links say more and would be covered by them.
  svg.querySelectorAll('g > title').forEach(function (title) { title.parentNode.removeChild(title); });
  svg.querySelectorAll('a').forEach(function (link) {
    var tip = link.getAttribute('xlink:title') || link.getAttribute('title');
    if (!tip) return;
    var title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
    title.textContent = tip;
    link.insertBefore(title, link.firstChild);
    link.removeAttribute('xlink:title');
  });

  function apply() {
    svg.setAttribute('viewBox', view.join(' '));
    // The toolbar keeps its size and place in the window while everything else is scaled.
    var scale = Math.max(view[2] / window.innerWidth, view[3] / window.innerHeight);
    var left = view[0] + view[2] / 2 - window.innerWidth * scale / 2;
    var top = view[1] + view[3] / 2 - window.innerHeight * scale / 2;
    corner.setAttribute('transform', 'translate(' + left + ' ' + top + ') scale(' + scale + ')');
    toolbar.place(window.innerWidth - 576, 8);
  }

  function point(event) {
    var matrix = svg.getScreenCTM();
    return { x: (event.clientX - matrix.e) / matrix.a, y: (event.clientY - matrix.f) / matrix.d };
  }

  function zoom(event) {
    event.preventDefault();
    var factor = Math.pow(1.0015, event.deltaMode === 1 ? event.deltaY * 30 : event.deltaY);
    var size = Math.min(Math.max(view[2] * factor, start[2] / 200), start[2] * 4);
    factor = size / view[2];
    var at = point(event);
    view = [at.x - (at.x - view[0]) * factor, at.y - (at.y - view[1]) * factor, view[2] * factor, view[3] * factor];
    apply();
  }

  function choose(node) {
    svg.classList.toggle('focused', node !== null);
    svg.querySelectorAll('.near, .chosen').forEach(function (element) { element.classList.remove('near', 'chosen'); });
    if (!node) return;
    var near = {};
    near[node.id] = true;
    edges.forEach(function (edge) {
      if (edge.from !== node.id && edge.to !== node.id) return;
      edge.element.classList.add('near');
      near[edge.from] = near[edge.to] = true;
    });
    nodes.forEach(function (other) { if (near[other.id]) other.element.classList.add('near'); });
    node.element.classList.add('chosen');
  }

  function search(pattern) {
    var count = 0;
    svg.classList.toggle('searching', pattern !== null);
    nodes.forEach(function (node) {
      var hit = pattern !== null && pattern.test(node.text);
      node.element.classList.toggle('hit', hit);
      if (hit) ++count;
    });
    if (pattern === null) return '';
    return count === 0 ? 'no match' : count + (count === 1 ? ' match' : ' matches');
  }

  function reset() {
    view = start.slice();
    choose(null);
    toolbar.set('');
    apply();
  }

  var corner = document.createElementNS('http://www.w3.org/2000/svg', 'g');
  svg.appendChild(corner);
  var toolbar = mqtrackToolbar(corner, { search: search, reset: reset });
  toolbar.button('Reset', reset);
  svg.setAttribute('width', '100%');
  svg.setAttribute('height', '100%');
  svg.addEventListener('wheel', zoom, { passive: false });
  svg.addEventListener('mousedown', function (event) {
    if (event.button !== 0 || corner.contains(event.target)) return;
    drag = { x: event.clientX, y: event.clientY, view: view.slice() };
    moved = false;
  });
  window.addEventListener('mousemove', function (event) {
    if (!drag) return;
    var scale = 1 / svg.getScreenCTM().a;
    moved = moved || Math.abs(event.clientX - drag.x) + Math.abs(event.clientY - drag.y) > 4;
    if (!moved) return;
    svg.classList.add('moving');
    view[0] = drag.view[0] - (event.clientX - drag.x) * scale;
    view[1] = drag.view[1] - (event.clientY - drag.y) * scale;
    apply();
  });
  window.addEventListener('mouseup', function () {
    drag = null;
    svg.classList.remove('moving');
  });
  svg.addEventListener('click', function (event) {
    if (moved || corner.contains(event.target)) return;
    var element = event.target.closest('g.node');
    choose(nodes.find(function (node) { return node.element === element; }) || null);
  });
  window.addEventListener('resize', apply);
  apply();
}());
