// HTTP requests, well-formed and not, sent byte for byte to the real server and to Node's, whose parser is llhttp: where both accept, they must see
// the same requests; what Node refuses, the server must not accept. The server may refuse more: it is strict where two readings exist.
//   node differential.mjs VECTORIZER [CASES] [SEED]
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {freePort} from '../free_port.mjs';

const [program, cases = '4000', seed = '1'] = process.argv.slice(2);

// ---- what is sent ----

function generator(start) {
  let state = BigInt(start) * 2654435761n + 1n;
  const next = () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 33n);
  };
  return {
    below: n => next() % n,
    one: list => list[next() % list.length],
    chance: percent => next() % 100 < percent,
  };
}

// A request as a list of parts, so that mutations know what they touch. `want`: what a server that accepts it must have seen.
function request(random, number) {
  const word = `w${number}x${random.below(1e6)}`;
  const post = random.chance(60);
  const version = random.chance(6) ? random.one(['1.0', '1.2', '2.0', '0.9', '1.1 ', '1']) : '1.1';
  const target = post ? '/embed' : random.one([`/${word}`, `/${word}?a=b`, `http://localhost/${word}`, `/${word}%41`]);
  const fields = [random.chance(5) ? '' : random.one(['Host: localhost', 'host:localhost', 'HOST: \t localhost  '])];
  if (random.chance(20)) fields.push(random.one(['Accept: */*', 'X-Odd: \t', 'Cookie: a; b', 'X-Empty:', 'Date: x', 'X-Long: ' + 'y'.repeat(random.below(3000))]));
  let body = '';
  let framed = '';
  if (post) {
    body = JSON.stringify({text: `word ${word}`, dimension: 16});
    fields.push('Content-Type: application/json');
    if (random.chance(50)) {
      fields.push(random.one(['Content-Length: ', 'content-length:', 'Content-Length:  ']) + body.length);
      framed = body;
    } else {
      fields.push(random.one(['Transfer-Encoding: chunked', 'transfer-encoding:chunked', 'Transfer-Encoding: Chunked']));
      for (let at = 0; at < body.length;) {
        const size = 1 + random.below(20);
        const part = body.slice(at, at + size);
        framed += part.length.toString(16) + random.one(['', '', '', ';a=b', ';name="quoted"']) + '\r\n' + part + '\r\n';
        at += size;
      }
      framed += '0\r\n' + random.one(['', '', 'X-Trailer: 1\r\n']) + '\r\n';
    }
  }
  const head = `${post ? 'POST' : 'GET'} ${target} HTTP/${version}\r\n`;
  const text = head + fields.filter(Boolean).map(field => field + '\r\n').join('') + '\r\n' + framed;
  return {text, want: {post, word}};
}

// What attackers and broken clients do to requests.
const mutations = [
  text => text.replace('\r\n', '\n'),
  text => text.replace(/\r\n\r\n/, '\n\n'),
  text => text.replace('Content-Length: ', 'Content-Length: +'),
  text => text.replace(/(content-length: *)(\d+)/i, '$1$2, $2'),
  text => text.replace(/(content-length: *\d+)/i, '$1\r\n$1'),
  text => text.replace(/(content-length: *)(\d+)/i, '$1$2\r\n$1' + '5'),
  text => text.replace(/(content-length: *)(\d+)/i, '$10x$2'),
  text => text.replace(/(content-length: *)(\d+)/i, '$1-$2'),
  text => text.replace(/(content-length: *)(\d+)/i, '$1 $2 $2'),
  text => text.replace(/(content-length: *)(\d+)/i, '$1' + '9'.repeat(20)),
  text => text.replace(/(content-length: *)(\d+)/i, '$1'),
  text => text.replace(/(content-length)(: *\d+)/i, '$1 $2'),
  text => text.replace(/(content-length: *\d+)/i, '$1\r\nTransfer-Encoding: chunked'),
  text => text.replace(/(transfer-encoding: *chunked)/i, '$1\r\nContent-Length: 3'),
  text => text.replace(/(transfer-encoding: *)chunked/i, '$1xchunked'),
  text => text.replace(/(transfer-encoding: *)chunked/i, '$1identity'),
  text => text.replace(/(transfer-encoding: *)chunked/i, '$1chunked, identity'),
  text => text.replace(/(transfer-encoding: *)chunked/i, '$1gzip, chunked'),
  text => text.replace(/(transfer-encoding: *)chunked/i, '$1\tchunked'),
  text => text.replace(/(transfer-encoding: *chunked)/i, '$1\r\n$1'),
  text => text.replace(/(transfer-encoding)(: *chunked)/i, '$1 $2'),
  text => text.replace(/(transfer-encoding: *)chunked/i, '$1"chunked"'),
  text => text.replace(/(transfer-encoding: *)chunked/i, '$1chunked\v'),
  text => text.replace(/\r\n([0-9a-f]+)(;[^\r]*)?\r\n/, '\r\n$1 $2\r\n'),
  text => text.replace(/\r\n([0-9a-f]+)(;[^\r]*)?\r\n/, '\r\n0x$1\r\n'),
  text => text.replace(/\r\n([0-9a-f]+)(;[^\r]*)?\r\n/, '\r\n+$1\r\n'),
  text => text.replace(/\r\n([0-9a-f]+)(;[^\r]*)?\r\n/, '\r\n' + '0'.repeat(20) + '$1\r\n'),
  text => text.replace(/\r\n([0-9a-f]+)(;[^\r]*)?\r\n/, '\r\n' + 'f'.repeat(17) + '\r\n'),
  text => text.replace(/\r\n([0-9a-f]+)(;[^\r]*)?\r\n/, '\r\n$1\n'),
  text => text.replace(/\r\n0\r\n/, '\r\n0\n'),
  text => text.replace(/\r\n0\r\n/, '\r\n00\r\n'),
  text => text.replace(/\r\n0\r\n/, '\r\n0\r\nContent-Length: 3\r\n'),
  text => text.replace(/(Host: *localhost)/i, '$1\r\nHost: localhost'),
  text => text.replace(/Host: *localhost/i, ' Host: localhost'),
  text => text.replace(/(Host: *localhost)/i, '$1\r\n X-Folded: yes'),
  text => text.replace(/(Host: *localhost)/i, '$1\r\nX-Nul: a\0b'),
  text => text.replace(/(Host: *localhost)/i, '$1\r\nX-Cr: a\rb'),
  text => text.replace(/(Host: *localhost)/i, '$1\r\nNoColon'),
  text => text.replace(/(Host: *localhost)/i, '$1\r\n: empty'),
  text => text.replace(/(Host: *localhost)/i, '$1\r\nBad Name: x'),
  text => text.replace(/(Host: *localhost)/i, '$1\r\nB\x01d: x'),
  text => text.replace(/ HTTP/, '  HTTP'),
  text => text.replace(/^(GET|POST) /, '$1\t'),
  text => text.replace(/^(GET|POST)/, 'G(T'),
  text => text.replace(/^(GET|POST)/, ' $1'),
  text => text.replace(/ HTTP\/1.1\r\n/, '\r\n'),
  text => text.replace('HTTP/1.1', 'http/1.1'),
  text => text.replace('HTTP/1.1', 'HTTP/1.1x'),
  text => text.replace(/\/w/, '/\x7fw'),
  text => text.replace(/\/w/, '/a b'),
  text => '\r\n' + text,
  text => '\r\n\r\n' + text,
  text => '\n' + text,
  text => text.slice(0, -1),
  text => text + 'x',
];

function conversation(random) {
  const requests = [];
  for (let i = 0, count = 1 + random.below(3); i < count; ++i) {
    const made = request(random, i);
    for (let j = random.chance(55) ? 1 + random.below(2) : 0; j > 0; --j) {
      if (random.chance(15)) {
        const at = random.below(made.text.length);
        made.text = made.text.slice(0, at) + String.fromCharCode(random.below(256)) + made.text.slice(at + random.below(2));
      } else {
        made.text = random.one(mutations)(made.text);
      }
    }
    requests.push(made);
  }
  const bytes = Buffer.from(requests.map(each => each.text).join(''), 'latin1');
  const cuts = random.chance(50) ? [] : Array.from({length: 1 + random.below(4)}, () => random.below(bytes.length)).sort((a, b) => a - b);
  return {bytes, cuts, requests};
}

// ---- the two servers ----

// Node as an observer: what its parser saw on each connection, whatever became of the answers.
const observed = new Map();  // the client's port -> {taken, refused}

function oracle() {
  return new Promise(done => {
    const server = http.createServer({maxHeaderSize: 16384, requireHostHeader: false, insecureHTTPParser: false, keepAliveTimeout: 5000}, (question, answer) => {
      const record = observed.get(question.socket.remotePort);
      const parts = [];
      // A request is taken when all of it has come; the order is that of the connection.
      const place = record.taken.push({path: question.url, post: question.method === 'POST', host: question.headers.host !== undefined || question.httpVersion === '1.0', body: undefined}) - 1;
      question.on('data', part => parts.push(part));
      question.on('end', () => {
        record.taken[place].body = Buffer.concat(parts).toString('latin1');
        answer.end();
      });
      question.on('error', () => {});
    });
    server.on('connection', socket => observed.set(socket.remotePort, {taken: [], refused: false}));
    server.on('clientError', (error, socket) => {
      const record = observed.get(socket.remotePort);
      // The end of the connection in the middle of a request is no refusal.
      if (record !== undefined && error.code !== 'ECONNRESET' && error.code !== 'HPE_INVALID_EOF_STATE') record.refused = error.code;
      setTimeout(() => socket.destroy(), 20);
    });
    server.listen(0, '127.0.0.1', () => done(server));
  });
}

// All that comes back until the server closes, or until nothing has come for a while after the client's end was closed.
function talk(port, {bytes, cuts}) {
  return new Promise(done => {
    const socket = net.connect({port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true});
    const parts = [];
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      done({text: Buffer.concat(parts).toString('latin1'), from});
    };
    let from = 0;
    const timer = setTimeout(end, 5000);
    socket.on('data', part => parts.push(part));
    socket.on('end', end);
    socket.on('error', end);
    socket.on('connect', async () => {
      from = socket.localPort;
      let at = 0;
      for (const to of [...cuts, bytes.length]) {
        if (to > at) socket.write(bytes.subarray(at, to));
        at = to;
        if (to !== bytes.length) await new Promise(resume => setTimeout(resume, 1));
      }
      socket.end();
    });
  });
}

// The answers, one after the other: status and body.
function answers(text) {
  const found = [];
  while (text.startsWith('HTTP/1.')) {
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) break;
    const status = Number(text.slice(9, 12));
    const fields = text.slice(0, head).toLowerCase();
    const length = Number(/\r\ncontent-length: (\d+)/.exec(fields)?.[1] ?? 0);
    const body = text.slice(head + 4, head + 4 + length);
    const whole = head + 4 + length;
    text = text.slice(whole);
    if (status === 100) continue;
    found.push({status, body, closes: fields.includes('connection: close')});
  }
  return found;
}

// What the server made of a conversation: what it saw of each request it took, and whether it refused the next one, ending the connection. A
// refusal that does not end it is one of the request (its JSON, its target, its method), not of the bytes.
function seen(list, look) {
  const taken = [];
  for (const answer of list) {
    if (answer.status >= 400 && answer.closes) return {taken, refused: answer.status};
    taken.push(look(answer));
  }
  return {taken, refused: false};
}

function lookHere(answer) {
  try {
    const said = JSON.parse(answer.body);
    if (answer.status === 404) return `path ${said.details.path}`;
    if (answer.status === 200) return `text ${said.text}`;
    return `status ${answer.status}`;
  } catch {
    return 'no JSON';
  }
}

function seenThere(from) {
  const record = observed.get(from) ?? {taken: [], refused: false};
  observed.delete(from);
  const taken = [];
  for (const {path, post, host, body} of record.taken) {
    if (body === undefined) break;  // never came to its end
    if (!host) return {taken, refused: true};
    if (path === '/embed' && post) {
      try {
        taken.push(`text ${JSON.parse(body).text}`);
      } catch {
        taken.push('status 400');
      }
    } else {
      taken.push(`path ${path.replace(/^http:\/\/[^/]*/, '').replace(/\?.*/, '')}`);
    }
  }
  return {taken, refused: record.refused};
}

// ---- the comparison ----

const directory = mkdtempSync(join(tmpdir(), 'vectorizer-http-'));
const port = await freePort();
const server = spawn(program, ['serve', '--data-dir', join(directory, 'data'), '--port', String(port), '--set', 'log.access=off'], {stdio: ['ignore', 'ignore', 'ignore']});
const there = await oracle();
for (let tries = 0; tries < 200; ++tries) {
  try {
    if ((await fetch(`http://127.0.0.1:${port}/readyz`)).ok) break;
  } catch {
    await new Promise(resume => setTimeout(resume, 50));
  }
}

const count = {cases: 0, requests: 0, agreed: 0, both_refused: 0, stricter: 0, methods: 0, lenient: 0, differ: 0};
const complaints = [];
const complain = (kind, talked, here, other) => {
  ++count[kind];
  if (complaints.length < 10) complaints.push(`${kind}: ${JSON.stringify(talked.bytes.toString('latin1'))}\n  here  ${JSON.stringify(here)}\n  llhttp ${JSON.stringify(other)}`);
};

function compare(talked, here, other) {
  for (let i = 0; ; ++i) {
    const mine = here.taken[i];
    const theirs = other.taken[i];
    if (mine !== undefined && theirs !== undefined) {
      ++count.requests;
      // What a handler thinks of a request that both read is not the parsers' affair, nor are escapes of a path.
      if (mine === theirs || mine.startsWith('status') || theirs.startsWith('status')) {
        ++count.agreed;
        continue;
      }
      return complain('differ', talked, here, other);
    }
    if (mine === undefined && theirs === undefined) {
      if (here.refused && other.refused) ++count.both_refused;
      return;
    }
    if (mine === undefined) {
      ++count.stricter;
      return;
    }
    // Any token is a method here, if one that no path has; and what was not granted is not lenient.
    if (other.refused === 'HPE_INVALID_METHOD') {
      ++count.methods;
    } else if (mine.startsWith('status 4')) {
      ++count.both_refused;
    } else {
      complain('lenient', talked, here, other);
    }
    return;
  }
}

const random = generator(Number(seed));
const started = Date.now();
const lanes = 16;
for (let done = 0; done < Number(cases); done += lanes) {
  await Promise.all(Array.from({length: lanes}, async () => {
    const talked = conversation(random);
    const [mine, theirs] = await Promise.all([talk(port, talked), talk(there.address().port, talked)]);
    ++count.cases;
    compare(talked, seen(answers(mine.text), lookHere), seenThere(theirs.from));
  }));
}
const alive = await fetch(`http://127.0.0.1:${port}/livez`).then(answer => answer.ok, () => false);
server.kill('SIGTERM');
there.close();
there.closeAllConnections();
await new Promise(done => server.on('exit', done));
rmSync(directory, {recursive: true, force: true});

for (const complaint of complaints) console.log(complaint);
const floor = count.agreed >= Number(cases) / 4 && count.both_refused >= Number(cases) / 50;
const good = alive && floor && count.lenient === 0 && count.differ === 0;
console.log(`GATE oracle.http ${good ? 'PASS' : 'FAIL'} ${Object.entries(count).map(([name, value]) => `${name}=${value}`).join(' ')} alive=${alive} llhttp=${process.versions.llhttp} seed=${seed} time=${Math.round((Date.now() - started) / 1000)}`);
process.exit(good ? 0 : 1);
