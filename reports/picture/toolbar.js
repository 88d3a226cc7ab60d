// The search box and buttons of a picture. Made by script, so that a still picture shows no controls that do nothing.
// All text enters the document as text nodes, never as markup.
function mqtrackToolbar(svg, handlers) {
  'use strict';
  var SVG = 'http://www.w3.org/2000/svg';
  var HTML = 'http://www.w3.org/1999/xhtml';
  var frame = document.createElementNS(SVG, 'foreignObject');
  frame.setAttribute('width', '560');
  frame.setAttribute('height', '34');
  var bar = document.createElementNS(HTML, 'div');
  bar.setAttribute('class', 'bar');
  var result = document.createElementNS(HTML, 'output');
  result.setAttribute('aria-live', 'polite');
  var input = document.createElementNS(HTML, 'input');
  input.setAttribute('type', 'search');
  input.setAttribute('placeholder', 'Search (regex)');
  input.setAttribute('aria-label', 'Search by regular expression');
  bar.appendChild(result);
  bar.appendChild(input);
  frame.appendChild(bar);

  function button(label, action) {
    var element = document.createElementNS(HTML, 'button');
    element.setAttribute('type', 'button');
    element.textContent = label;
    element.addEventListener('click', action);
    bar.appendChild(element);
    return element;
  }

  // Gives the handler a RegExp, or null for no search. A half-typed expression is marked, not reported.
  function search() {
    var pattern = null;
    input.classList.remove('wrong');
    if (input.value !== '') {
      try {
        pattern = new RegExp(input.value, 'im');
      } catch (error) {
        input.classList.add('wrong');
        result.textContent = 'not a regular expression';
        return;
      }
    }
    result.textContent = handlers.search(pattern) || '';
  }

  input.addEventListener('input', search);
  input.addEventListener('keydown', function (event) {
    if (event.key === 'Escape') return;
    event.stopPropagation();
    if (event.key === 'Enter') search();
  });
  document.addEventListener('keydown', function (event) {
    var find = (event.ctrlKey || event.metaKey) && event.key === 'f';
    if (find && document.activeElement !== input) {
      event.preventDefault();
      input.focus();
      input.select();
    }
    if (event.key === 'Escape') handlers.reset();
  });
  svg.appendChild(frame);

  return {
    button: button,
    text: function () { return input.value; },
    set: function (text) {
      input.value = text;
      search();
    },
    place: function (x, y) {
      frame.setAttribute('x', x);
      frame.setAttribute('y', y);
    }
  };
}
