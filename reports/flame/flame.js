// Makes the flame graph interactive. The picture is complete without it: everything here reads the elements that are
// already there and moves them. Zoom and search are kept in the address (#box=12&search=malloc), so a view can be shared.
(function () {
  'use strict';
  var SVG = 'http://www.w3.org/2000/svg';
  var MARGIN = 16, ROW = 20, PADDING = 5, MIN_WIDTH = 900;
  var svg = document.currentScript.ownerSVGElement;
  var whole = svg === document.documentElement;
  var heading = svg.querySelector('.heading');
  var legend = svg.querySelector('.legend');
  var detail = svg.querySelector('.detail');
  var hint = detail.textContent;
  var top = parseFloat(heading.getAttribute('data-height'));
  var stillWidth = parseFloat(svg.getAttribute('width'));
  var stillHeight = parseFloat(svg.getAttribute('height'));
  var legendTop = parseFloat(/translate\(0 ([0-9.]+)\)/.exec(legend.getAttribute('transform'))[1]);
  var legendHeight = stillHeight - legendTop;
  var width = stillWidth;
  var boxes = [];
  var zoomed = null, showTails = false, pattern = null;
  var character = measureCharacter();

  function measureCharacter() {
    var probe = svg.querySelector('.f text');
    var length = probe && probe.textContent.length ? probe.getComputedTextLength() / probe.textContent.length : 0;
    return length > 0 ? length : 7.3;
  }

  // Boxes stand in pre-order, so the parent of one is the last box before it that is one row higher.
  function readBoxes() {
    var path = [];
    var inner = stillWidth - 2 * MARGIN;
    svg.querySelectorAll('g.f').forEach(function (element, index) {
      var rect = element.querySelector('rect');
      var title = element.querySelector('title');
      var marker = element.querySelector('rect.k');
      var lines = title.textContent.split('\n');
      var depth = parseInt(element.getAttribute('data-d'), 10);
      var box = {
        index: index, element: element, rect: rect, text: element.querySelector('text'), marker: marker, depth: depth,
        x: (parseFloat(rect.getAttribute('x')) - MARGIN) / inner, w: parseFloat(rect.getAttribute('width')) / inner,
        name: lines[0], brief: element.getAttribute('data-s') || lines[0], place: lines[1], lines: lines,
        where: element.getAttribute('data-w'),
        tail: element.classList.contains('t'), parent: depth > 0 ? path[depth - 1] : null, children: [], hit: false
      };
      if (marker) {
        box.markerX = (parseFloat(marker.getAttribute('x')) - MARGIN) / inner;
        box.markerW = parseFloat(marker.getAttribute('width')) / inner;
        box.markerText = marker.querySelector('title').textContent.split('\n');
        marker.removeChild(marker.querySelector('title'));
      }
      // The browser's own tooltip would cover the neighbours; the details line says the same at once.
      element.removeChild(title);
      element.setAttribute('role', 'button');
      element.setAttribute('aria-label', lines.filter(Boolean).join(', '));
      element.setAttribute('tabindex', index === 0 ? '0' : '-1');
      if (box.parent) box.parent.children.push(box);
      path[depth] = box;
      boxes.push(box);
    });
  }

  function isInside(box, ancestor) {
    while (box && box.depth > ancestor.depth) box = box.parent;
    return box === ancestor;
  }

  function fit(box, room) {
    var columns = Math.floor((room - 2 * PADDING) / character);
    if (columns < 3) return '';
    var scope = box.brief.lastIndexOf('::');
    var last = scope < 0 ? box.brief : box.brief.slice(scope + 2);
    var forms = [box.name, box.brief, last];
    var behind = box.where ? [' \u00b7 ' + box.where, ''] : [''];
    for (var i = 0; i < behind.length; ++i) {
      for (var j = 0; j < forms.length; ++j) {
        var text = forms[j] + behind[i];
        if (Array.from(text).length <= columns) return text;
      }
    }
    return Array.from(last).slice(0, columns - 1).join('') + '\u2026';
  }

  function drawText(box, x, room) {
    var text = fit(box, room);
    if (text === '' && !box.text) return;
    if (!box.text) {
      box.text = document.createElementNS(SVG, 'text');
      box.text.setAttribute('y', top + box.depth * ROW + 14);
      box.element.appendChild(box.text);
    }
    box.text.textContent = text;
    box.text.setAttribute('x', x + PADDING);
  }

  function draw() {
    var focus = zoomed || boxes[0];
    var inner = width - 2 * MARGIN;
    var deepest = 0;
    boxes.forEach(function (box) {
      var above = box.depth < focus.depth && isInside(focus, box);
      var visible = above || (isInside(box, focus) && (showTails || !box.tail));
      box.element.style.display = visible ? 'inline' : 'none';
      if (!visible) return;
      deepest = Math.max(deepest, box.depth);
      var x = above ? MARGIN : MARGIN + (box.x - focus.x) / focus.w * inner;
      var room = above ? inner : box.w / focus.w * inner;
      box.element.classList.toggle('above', above);
      box.rect.setAttribute('x', x);
      box.rect.setAttribute('width', room);
      drawText(box, x, room);
      if (box.marker) {
        box.marker.style.display = showTails || above ? 'none' : 'inline';
        box.marker.setAttribute('x', MARGIN + (box.markerX - focus.x) / focus.w * inner);
        box.marker.setAttribute('width', box.markerW / focus.w * inner);
      }
    });
    var bottom = top + (deepest + 1) * ROW + 18;
    legend.setAttribute('transform', 'translate(0 ' + bottom + ')');
    var height = bottom + legendHeight;
    svg.setAttribute('width', width);
    svg.setAttribute('height', height);
    svg.setAttribute('viewBox', '0 0 ' + width + ' ' + height);
    toolbar.place(width - MARGIN - 560, 10);
  }

  // The share of the total in matching boxes; what lies below a match is counted with it.
  function search(wanted) {
    pattern = wanted;
    var share = 0, count = 0;
    svg.classList.toggle('searching', wanted !== null);
    boxes.forEach(function (box) {
      box.hit = wanted !== null && box.depth > 0 && wanted.test(box.name + '\n' + box.place);
      box.covered = box.hit || (box.parent !== null && box.parent.covered);
      if (box.hit) ++count;
      if (box.hit && !box.parent.covered) share += box.w;
      box.element.classList.toggle('hit', box.hit);
    });
    boxes.forEach(function (box) {
      if (box.marker) box.marker.classList.toggle('hit', box.children.some(hasHiddenHit));
    });
    remember();
    if (wanted === null) return '';
    return count === 0 ? 'no match' : 'matched ' + (share * 100).toFixed(1) + ' % of ' + heading.getAttribute('data-whole');
  }

  function hasHiddenHit(box) {
    return box.tail && (box.hit || box.children.some(hasHiddenHit));
  }

  function zoom(box) {
    zoomed = box && box.depth > 0 ? box : null;
    draw();
    remember();
  }

  function setTails(shown) {
    showTails = shown;
    if (zoomed && zoomed.tail && !shown) zoomed = null;
    if (tails) tails.setAttribute('aria-pressed', String(shown));
    draw();
    remember();
  }

  function reset() {
    zoomed = null;
    toolbar.set('');
    setTails(false);
    show(null);
  }

  function show(box, overMarker) {
    while (detail.firstChild) detail.removeChild(detail.firstChild);
    if (!box) {
      detail.textContent = hint;
      return;
    }
    var lines = overMarker ? box.markerText : box.lines.filter(Boolean);
    lines.forEach(function (line, index) {
      var part = document.createElementNS(SVG, 'tspan');
      if (index === 0) part.setAttribute('style', 'font-weight:600');
      part.textContent = (index ? '  \u00b7  ' : '') + line;
      detail.appendChild(part);
    });
  }

  function remember() {
    if (!whole || !ready) return;
    var parts = [];
    if (zoomed) parts.push('box=' + zoomed.index);
    if (pattern) parts.push('search=' + encodeURIComponent(toolbar.text()));
    if (showTails) parts.push('allocators=1');
    try {
      history.replaceState(null, '', parts.length ? '#' + parts.join('&') : location.pathname + location.search);
    } catch (error) {
      // Some viewers forbid it for local files; sharing the view is then not possible, all else works.
    }
  }

  function recall() {
    var values = {};
    location.hash.slice(1).split('&').forEach(function (part) {
      var at = part.indexOf('=');
      if (at > 0) values[part.slice(0, at)] = part.slice(at + 1);
    });
    if (values.allocators === '1') setTails(true);
    if (boxes[values.box]) zoom(boxes[values.box]);
    if (values.search) {
      try {
        toolbar.set(decodeURIComponent(values.search));
      } catch (error) {
        // A mangled link: show the picture without the search.
      }
    }
  }

  function boxOf(target) {
    var element = target.closest ? target.closest('g.f') : null;
    return element ? boxes.find(function (box) { return box.element === element; }) : null;
  }

  function moveFocus(box, key) {
    var siblings = box.parent ? box.parent.children : [box];
    var next = { ArrowUp: box.parent, ArrowDown: box.children[0], ArrowLeft: siblings[siblings.indexOf(box) - 1],
                 ArrowRight: siblings[siblings.indexOf(box) + 1] }[key];
    if (!next || next.element.style.display === 'none') return;
    box.element.setAttribute('tabindex', '-1');
    next.element.setAttribute('tabindex', '0');
    next.element.focus();
  }

  var ready = false;
  readBoxes();
  var toolbar = mqtrackToolbar(heading, { search: search, reset: reset });
  var tails = boxes.some(function (box) { return box.tail; }) ?
    toolbar.button(heading.getAttribute('data-collapsed'), function () { setTails(!showTails); }) : null;
  if (tails) tails.setAttribute('aria-pressed', 'false');
  toolbar.button('Reset', reset);
  svg.removeAttribute('role');

  svg.addEventListener('mouseover', function (event) {
    show(boxOf(event.target), event.target.classList.contains('k'));
  });
  svg.addEventListener('mouseleave', function () { show(null); });
  svg.addEventListener('focusin', function (event) { show(boxOf(event.target)); });
  svg.addEventListener('click', function (event) {
    if (event.target.classList.contains('k')) {
      setTails(true);
      return;
    }
    var box = boxOf(event.target);
    if (box) zoom(box);
  });
  svg.addEventListener('keydown', function (event) {
    var box = boxOf(event.target);
    if (!box) return;
    if (event.key === 'Enter' || event.key === ' ') zoom(box);
    else if (event.key.indexOf('Arrow') === 0) moveFocus(box, event.key);
    else return;
    event.preventDefault();
  });
  if (whole) {
    // Only as a document of its own: fill the window, and keep the heading in view above a deep graph.
    var adapt = function () {
      width = Math.max(MIN_WIDTH, document.documentElement.clientWidth || window.innerWidth);
      draw();
    };
    window.addEventListener('resize', adapt);
    window.addEventListener('scroll', function () {
      heading.setAttribute('transform', 'translate(0 ' + window.scrollY + ')');
    });
    window.addEventListener('hashchange', recall);
    adapt();
    recall();
  } else {
    draw();
  }
  ready = true;
}());
