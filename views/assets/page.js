// What script adds to the pages: show a password, copy a key, print. Every page works without it.

for (const button of document.querySelectorAll('[data-reveal]')) {
  const input = document.getElementById(button.dataset.reveal);
  const word = button.querySelector('[data-other]');
  const words = { password: word.textContent, text: word.dataset.other };
  const become = (type) => {
    input.type = type;
    word.textContent = words[type];
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    become(input.type === 'password' ? 'text' : 'password');
    input.focus();
  });
  // A password leaves the page, and comes back with the history, as a password.
  input.form.addEventListener('submit', () => become('password'));
  window.addEventListener('pageshow', () => become('password'));
}

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break;
  const label = button.textContent;
  button.hidden = false;
  button.setAttribute('aria-live', 'polite');
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // Not allowed here: mark it, so that the keyboard can copy it.
      window.getSelection().selectAllChildren(source);
      return;
    }
    button.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = label;
    }, 2000);
  });
}

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
