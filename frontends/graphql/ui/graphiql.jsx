// GraphiQL against the server that this page came from. Its editor's workers are files beside this one.
import { GraphiQL } from 'graphiql';
import 'graphiql/style.css';
import { createRoot } from 'react-dom/client';

const endpoint = document.querySelector('meta[name="graphql-endpoint"]').content;
const folder = new URL('.', import.meta.url);

globalThis.MonacoEnvironment = {
  getWorker(_, label) {
    const name = label === 'json' || label === 'graphql' ? label : 'editor';
    return new Worker(new URL(`${name}.worker.js`, folder));
  },
};

async function fetcher(request, options) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { ...options?.headers, 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json' },
    body: JSON.stringify(request),
  });
  return answer.json();
}

createRoot(document.getElementById('graphiql')).render(<GraphiQL fetcher={fetcher} defaultEditorToolsVisibility="variables" />);
