// The page is complete without this: it adds buttons that copy commands.
(function () {
  'use strict';
  document.querySelectorAll('code.command').forEach(function (code) {
    var button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.addEventListener('click', function () {
      function said(text) {
        button.textContent = text;
        setTimeout(function () { button.textContent = 'Copy'; }, 1500);
      }
      function select() {
        window.getSelection().selectAllChildren(code);
        said('Selected');
      }
      if (!navigator.clipboard) return select();
      navigator.clipboard.writeText(code.textContent).then(function () { said('Copied'); }, select);
    });
    code.after(button);
  });
}());
