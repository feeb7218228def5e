// The page in a browser without a window: it loads, runs a mutation and a query, asks nobody else for anything and complains of nothing.
//   node graphiql.mjs CHROMIUM PROGRAM
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from './server.mjs';

const [chromium, program] = process.argv.slice(2);
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The DevTools protocol over a pipe: messages end in a zero byte.
class Browser {
  constructor(profile) {
    this.child = spawn(chromium, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--window-size=1400,900', `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.waiting = new Map();
    this.events = [];
    this.count = 0;
    let left = Buffer.alloc(0);
    this.child.stdio[4].on('data', (data) => {
      left = Buffer.concat([left, data]);
      for (let end; (end = left.indexOf(0)) >= 0; left = left.subarray(end + 1)) {
        const message = JSON.parse(left.subarray(0, end).toString());
        if (message.id === undefined) this.events.push(message);
        else this.waiting.get(message.id)?.(message);
      }
    });
  }
  send(method, params = {}, sessionId) {
    const id = ++this.count;
    this.child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
    return new Promise((resolve, reject) => this.waiting.set(id, (message) => (message.error ? reject(new Error(method + ': ' + message.error.message)) : resolve(message.result))));
  }
}

const server = await serve(program);
const profile = mkdtempSync(join(tmpdir(), 'vz-browser-'));
const browser = new Browser(profile);
const problems = [];
const answers = [];
try {
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
  const page = (method, params) => browser.send(method, params, sessionId);
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await page(domain + '.enable');
  const evaluate = async (expression) => (await page('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result.value;
  const until = async (what, expression) => {
    for (let i = 0; i < 200; ++i) {
      if (await evaluate(expression)) return;
      await later(50);
    }
    throw new Error('not seen: ' + what + ': ' + await evaluate("document.querySelector('.graphiql-editor .view-lines').textContent + ' => ' + document.querySelector('.result-window, .graphiql-response').textContent"));
  };
  const open = async () => {
    // Without the tabs of the visit before.
    await page('Page.navigate', { url: server.url + '/graphiql' });
    await until('the page', "location.pathname === '/graphiql' && !!document.querySelector('.graphiql-execute-button')");
    await evaluate('localStorage.clear()');
    await page('Page.navigate', { url: server.url + '/graphiql' });
    await until('the editor', "!!document.querySelector('.graphiql-editor .monaco-editor .view-lines') && !!document.querySelector('.graphiql-execute-button')");
    await later(1000);  // the schema is fetched, the workers start
  };

  const run = async (text, expected) => {
    const place = await evaluate("(() => { const box = document.querySelector('.graphiql-editor .monaco-editor .view-lines').getBoundingClientRect(); return { x: box.x + 60, y: box.y + 10 }; })()");
    for (const type of ['mousePressed', 'mouseReleased']) await page('Input.dispatchMouseEvent', { type, ...place, button: 'left', clickCount: 1 });
    for (const type of ['rawKeyDown', 'keyUp']) await page('Input.dispatchKeyEvent', { type, key: 'a', code: 'KeyA', windowsVirtualKeyCode: 65, modifiers: 2, commands: type === 'rawKeyDown' ? ['selectAll'] : [] });
    await page('Input.insertText', { text });
    await later(300);
    await evaluate("document.querySelector('.graphiql-execute-button').click()");
    await until(expected, `document.querySelector('.result-window, .graphiql-response').textContent.replaceAll('\\u00a0', ' ').includes(${JSON.stringify(expected)})`);
    answers.push(expected);
  };
  await open();
  await run('mutation { createCollection(input: {name: "from_graphiql", dimension: 3}) { name } }', 'from_graphiql');
  await open();
  await run('query { collections { name config { dimension } } }', '"dimension": 3');

  const origin = new URL(server.url).origin;
  for (const { method, params } of browser.events) {
    if (method === 'Network.requestWillBeSent') {
      const url = params.request.url;
      if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:')) problems.push('asks for ' + url);
    }
    if (method === 'Runtime.exceptionThrown') problems.push('throws ' + (params.exceptionDetails.exception?.description ?? params.exceptionDetails.text));
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') problems.push('console: ' + params.args.map((a) => a.value ?? a.description).join(' '));
    if (method === 'Log.entryAdded' && params.entry.level === 'error') problems.push('log: ' + params.entry.text + ' ' + (params.entry.url ?? ''));
  }
} catch (error) {
  problems.push(String(error));
} finally {
  browser.child.kill('SIGKILL');
  await server.stop();
  await later(200);
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
for (const problem of problems) console.log(problem);
const good = problems.length === 0 && answers.length === 2;
console.log(`GATE oracle.graphiql ${good ? 'PASS' : 'FAIL'} operations=${answers.length} problems=${problems.length}`);
process.exit(good ? 0 : 1);
