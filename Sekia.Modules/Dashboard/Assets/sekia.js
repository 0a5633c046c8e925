// Keeps an open page up to date, and asks before destructive buttons. Every page works without it.
(() => {
  'use strict';

  const root = document.documentElement;
  const refreshHeader = 'X-Sekia-Refresh';
  const leastPause = 500;
  const longestSilence = 10_000;
  const mostRows = 200;
  const timesEvery = 5000;

  // The theme, before anything is drawn.
  const stored = (storage, key) => {
    try { return storage.getItem(key); } catch { return null; }
  };
  const store = (storage, key, value) => {
    try { value === null ? storage.removeItem(key) : storage.setItem(key, value); } catch { /* A browser may forbid it: then nothing is remembered. */ }
  };
  const theme = stored(localStorage, 'sekia-theme');
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;

  // Before the page is complete: a search goes on until it has loaded.
  document.addEventListener('click', clicked => {
    const link = clicked.target.closest?.('[data-stop]');
    if (!link) return;
    clicked.preventDefault();
    stop();
    link.replaceWith('Stopped.');
  });

  document.addEventListener('DOMContentLoaded', () => {
    startTheme();
    startForms();
    startCopying();
    startTimes();
    startLive();
  });

  function startTheme() {
    const button = document.getElementById('theme');
    const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    const label = () => { button.textContent = isDark() ? 'Light' : 'Dark'; button.title = `Show pages in ${isDark() ? 'light' : 'dark'} colors`; };
    button.hidden = false;
    button.addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      store(localStorage, 'sekia-theme', root.dataset.theme);
      label();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', label);
    label();
  }

  // Destructive buttons ask in a dialog; without this script the server asks on a page of its own.
  function startForms() {
    const dialog = document.getElementById('confirm');
    let waiting = null;
    document.addEventListener('submit', submitted => {
      const form = submitted.target;
      const question = submitted.submitter?.dataset.confirm ?? form.dataset.confirm;
      if (!question || form.elements.namedItem('confirmed')) {
        return;
      }

      submitted.preventDefault();
      waiting = { form, submitter: submitted.submitter };
      document.getElementById('confirm-question').textContent = question;
      dialog.showModal();
    });
    dialog.addEventListener('click', clicked => {
      if (clicked.target.value === 'yes' && waiting) {
        const yes = document.createElement('input');
        Object.assign(yes, { type: 'hidden', name: 'confirmed', value: 'yes' });
        waiting.form.append(yes);
        waiting.form.requestSubmit(waiting.submitter);

        // If nothing comes of it, the form's next button asks again.
        yes.remove();
      }

      if (clicked.target.value || clicked.target === dialog) dialog.close();
    });
    dialog.addEventListener('close', () => { waiting = null; });
  }

  function startCopying() {
    const reveal = () => document.querySelectorAll('[data-copy][hidden]').forEach(button => { button.hidden = false; });
    reveal();
    document.addEventListener('sekia:refreshed', reveal);
    document.addEventListener('click', async clicked => {
      const button = clicked.target.closest?.('[data-copy]');
      const from = button && document.getElementById(button.dataset.copy);
      if (!from) return;
      try {
        await navigator.clipboard.writeText(from.textContent);
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(from);
        button.textContent = 'Selected: press Ctrl+C';
      }
    });
  }

  // "3 min ago" grows old on an open page. The same words as the server's.
  function startTimes() {
    const units = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];
    setInterval(() => {
      if (document.hidden) return;
      for (const time of document.querySelectorAll('time[datetime]')) {
        const age = Date.now() - Date.parse(time.dateTime);
        const [size, unit] = units.find(([most]) => Math.abs(age) >= most) ?? [];
        const span = size ? `${Math.floor(Math.abs(age) / size)} ${unit}` : '';
        const text = !size ? 'now' : age >= 0 ? `${span} ago` : `in ${span}`;
        if (time.textContent !== text) time.textContent = text;
      }
    }, timesEvery);
  }

  function startLive() {
    const table = document.querySelector('table[data-rows]');
    if (!table && !document.querySelector('[data-live][id]')) return;

    const shown = document.getElementById('live');
    const pause = document.getElementById('pause');
    let stream = null;
    let retry = 0;
    let retryTimer = 0;
    let lastId = Number(table?.dataset.after ?? 0);
    let isPaused = stored(sessionStorage, 'sekia-paused') === 'yes';
    let refreshTimer = 0;
    let lastRefresh = Date.now();
    let refreshing = false;
    let isStale = false;
    let isHeldBack = false;
    let rowsAreOld = false;

    const show = state => {
      shown.hidden = false;
      shown.dataset.state = state;
      if (shown.textContent !== state) shown.textContent = state;
    };

    const address = () => {
      const query = new URLSearchParams();
      const page = new URLSearchParams(location.search);
      if (table) {
        for (const name of ['subject', 'type', 'source']) if (page.get(name)) query.set(name, page.get(name));
        query.set('after', lastId);
      } else {
        query.set('rows', 'none');
      }
      if (root.dataset.commits) query.set('commits', root.dataset.commits);
      return `/web/events/stream?${query}`;
    };

    const connect = () => {
      clearTimeout(retryTimer);
      if (stream || isPaused || document.hidden) return;
      stream = new EventSource(address());
      stream.onopen = () => { if (retry > 0) refreshSoon(); retry = 0; show('live'); };
      stream.addEventListener('event', message => addRow(message.data, Number(message.lastEventId)));
      stream.addEventListener('changed', refreshSoon);
      stream.addEventListener('reset', message => { lastId = Math.max(lastId, Number(message.lastEventId)); rowsAreOld = true; refreshSoon(); });
      stream.onerror = () => {
        // The browser's own way of coming back gives up for good when the answer is not 200, as while the host starts.
        disconnect();
        show('reconnecting');
        retryTimer = setTimeout(connect, Math.min(5000, 250 * 2 ** retry++));
      };
    };

    const disconnect = () => {
      clearTimeout(retryTimer);
      stream?.close();
      stream = null;
    };

    const addRow = (html, id) => {
      if (!table || !id || id <= lastId && document.getElementById(`e${id}`)) return;
      lastId = Math.max(lastId, id);
      if (!html || document.getElementById(`e${id}`)) return;
      const template = document.createElement('template');
      template.innerHTML = html;
      const row = template.content.querySelector('tr');
      if (!row) return;
      row.classList.add('new');
      const rows = table.tBodies[0];
      rows.prepend(row);
      while (rows.rows.length > (Number(table.dataset.rows) || mostRows)) rows.rows[rows.rows.length - 1].remove();
      document.querySelectorAll('[data-until-rows]').forEach(element => element.remove());
    };

    // The form that the question is about stays in the page until there is an answer.
    const dialog = document.getElementById('confirm');
    dialog.addEventListener('close', () => { if (isStale) refreshSoon(); });

    // What a press has held back comes after it.
    const released = () => {
      if (!isHeldBack) return;
      isHeldBack = false;
      refreshSoon();
    };
    for (const end of ['pointerup', 'pointercancel', 'keyup']) document.addEventListener(end, released);

    const refreshSoon = () => {
      isStale = true;
      if (refreshTimer || refreshing || isPaused || document.hidden || dialog.open) return;
      refreshTimer = setTimeout(refresh, Math.max(0, lastRefresh + leastPause - Date.now()));
    };

    const refresh = async () => {
      refreshTimer = 0;
      if (isPaused || document.hidden || dialog.open) return;
      isStale = false;
      refreshing = true;
      try {
        const answer = await fetch(location.href, { headers: { [refreshHeader]: '1' }, cache: 'no-store' });
        const text = await answer.text();
        if (dialog.open) isStale = true;
        else if (answer.ok) merge(new DOMParser().parseFromString(text, 'text/html'));
      } catch {
        // The host is away for a moment; the stream says so, and comes back.
      } finally {
        refreshing = false;
        lastRefresh = Date.now();
        if (isStale) refreshSoon();
      }
    };

    const merge = page => {
      if (page.documentElement.dataset.commits) root.dataset.commits = page.documentElement.dataset.commits;
      for (const old of document.querySelectorAll('[data-live][id]')) {
        const fresh = page.getElementById(old.id);
        if (!fresh || isInUse(old)) continue;
        keepOpen(old, fresh);
        if (old.outerHTML === fresh.outerHTML) continue;

        // A button that is replaced while it is held down would not be pressed.
        if (old.matches(':active')) { isHeldBack = true; continue; }
        const focused = old.contains(document.activeElement) ? pathTo(old, document.activeElement) : null;
        const node = document.importNode(fresh, true);
        old.replaceWith(node);
        if (focused) focused.reduce((at, index) => at?.children[index], node)?.focus({ preventScroll: true });
      }
      if (rowsAreOld) takeRows(page);
      document.dispatchEvent(new CustomEvent('sekia:refreshed'));
    };

    // Rows that came in by the stream after the page was made stay on top of those it has.
    const takeRows = page => {
      const fresh = page.querySelector('table[data-rows]');
      const known = Number(fresh?.dataset.after ?? 0);
      if (!fresh || known < lastId && !fresh.tBodies[0].rows.length) return;
      const later = [...table.tBodies[0].rows].filter(row => Number(row.id.slice(1)) > known);
      table.tBodies[0].replaceChildren(...later, ...document.importNode(fresh.tBodies[0], true).rows);
      lastId = Math.max(lastId, known);
      rowsAreOld = false;
    };

    // What someone types into, has selected or answers is left alone until they are done.
    const isInUse = element => {
      const active = document.activeElement;
      if (active && element.contains(active) && active.matches('input, select, textarea')) return true;
      if (element.querySelector('[data-changed]')) return true;
      const selection = getSelection();
      return !selection.isCollapsed && selection.rangeCount > 0 && selection.getRangeAt(0).intersectsNode(element);
    };

    const keepOpen = (old, fresh) => {
      for (const details of old.querySelectorAll('details[id]')) {
        const twin = fresh.querySelector(`#${CSS.escape(details.id)}`);
        if (twin) twin.open = details.open;
      }
    };

    const pathTo = (top, element) => {
      const path = [];
      for (let at = element; at !== top; at = at.parentElement) path.unshift([...at.parentElement.children].indexOf(at));
      return path;
    };

    const paused = () => {
      pause.textContent = isPaused ? 'Resume' : 'Pause';
      pause.setAttribute('aria-pressed', String(isPaused));
    };

    const goOn = () => {
      if (isPaused || document.hidden) {
        disconnect();
        if (isPaused) show('paused');
        return;
      }

      connect();
      refreshSoon();
    };

    document.addEventListener('input', typed => { typed.target.closest('form')?.setAttribute('data-changed', ''); });
    pause.hidden = false;
    pause.addEventListener('click', () => {
      isPaused = !isPaused;
      store(sessionStorage, 'sekia-paused', isPaused ? 'yes' : null);
      paused();
      goOn();
    });
    document.addEventListener('visibilitychange', goOn);
    addEventListener('pagehide', disconnect);
    addEventListener('pageshow', shownAgain => { if (shownAgain.persisted) goOn(); });
    setInterval(() => { if (Date.now() - lastRefresh >= longestSilence) refreshSoon(); }, 1000);
    paused();
    if (isPaused) show('paused'); else connect();
  }
})();
