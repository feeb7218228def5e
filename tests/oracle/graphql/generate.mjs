// Seeded requests for a schema: valid ones, and the same with one or two things broken.
function random(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state / 4294967296;
  };
}

export function generator(graphql, schema, seed) {
  const rand = random(seed);
  const below = (n) => Math.floor(rand() * n);
  const chance = (p) => rand() < p;
  const pick = (list) => list[below(list.length)];
  const { isObjectType, isInterfaceType, isUnionType, isInputObjectType, isEnumType, isListType, isNonNullType, getNamedType, isLeafType, isCompositeType, isInputType } = graphql;
  const composite = Object.values(schema.getTypeMap()).filter((t) => isCompositeType(t) && !t.name.startsWith('__'));
  const inputs = Object.values(schema.getTypeMap()).filter(isInputType);
  const outputs = Object.values(schema.getTypeMap());
  let variables, fragments, depthMax, variableValues;

  function scalarLiteral(name) {
    switch (name) {
      case 'Int': return pick(['0', '-7', '12', '2147483647']);
      case 'Long': return pick(['0', '-1', '9007199254740991', '9223372036854775807']);
      case 'Float': return pick(['0', '1.5', '-2e3', '1E-2', '7']);
      case 'Boolean': return pick(['true', 'false']);
      case 'JSON': return pick(['{a: 1, b: [true, null, "x"]}', '"text"', '[]', '3', '{}']);
      case 'ID': return pick(['"x"', '5', '"\\u0041"']);
      default: return pick(['"s"', '"\\u{1F600} \\n"', '""', '"""block\n  text"""']);
    }
  }
  function jsonValue(type, depth = 0) {
    if (isNonNullType(type)) return jsonValue(type.ofType, depth);
    if (chance(0.08)) return null;
    if (isListType(type)) return chance(0.1) ? jsonValue(type.ofType, depth) : Array.from({ length: below(3) + 1 }, () => jsonItem(type.ofType, depth));
    if (isEnumType(type)) return pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const object = {};
      for (const field of Object.values(type.getFields())) {
        const required = isNonNullType(field.type) && field.defaultValue === undefined;
        if (required || (depth < 2 && chance(0.4))) object[field.name] = jsonItem(field.type, depth + 1);
      }
      return object;
    }
    switch (type.name) {
      case 'Int': return pick([0, -7, 12, 2147483647]);
      case 'Long': return pick([0, -1, 4503599627370496]);
      case 'Float': return pick([0, 1.5, -2000, 7]);
      case 'Boolean': return chance(0.5);
      case 'ID': return pick(['x', 5]);
      case 'JSON': return pick([{ a: [1, null] }, 'x', 3, []]);
      default: return pick(['s', 'ü€😀', '']);
    }
  }
  const jsonItem = (type, depth) => {
    const value = jsonValue(type, depth);
    return value === null && isNonNullType(type) ? jsonValue2(type, depth) : value;
  };
  const jsonValue2 = (type, depth) => { for (;;) { const value = jsonValue(type, depth); if (value !== null) return value; } };
  const wrongJson = () => pick([null, 1.25, 'wrong', true, [], {}, [null], { nope: 1 }, 1e12, [[1]], '12', 3]);

  function typeText(type) { return String(type); }
  function useVariable(type, hasDefault) {
    const name = 'v' + below(6);
    const known = variables.get(name);
    if (known && String(known.type) !== String(type)) return null;
    if (!known) {
      let declared = type;
      if (!isNonNullType(type) && chance(0.2)) declared = new graphql.GraphQLNonNull(type);
      const entry = { type: declared, initial: null };
      if (chance(0.25)) entry.initial = literal(declared, 3, true);
      variables.set(name, entry);
      if (isNonNullType(declared) && entry.initial === null || chance(0.7)) variableValues[name] = jsonItem(declared, 0);
    }
    return '$' + name;
  }
  function literal(type, depth, constant) {
    if (!constant && chance(0.15)) {
      const used = useVariable(type);
      if (used) return used;
    }
    if (isNonNullType(type)) return literal(type.ofType, depth, constant).replace(/^null$/, () => literal2(type.ofType, depth));
    if (chance(0.05)) return 'null';
    if (isListType(type)) {
      if (chance(0.1) && !isListType(type.ofType)) return literal(type.ofType, depth, constant);
      return '[' + Array.from({ length: below(3) }, () => literal(type.ofType, depth + 1, constant)).join(pick([', ', ' '])) + ']';
    }
    if (isEnumType(type)) return pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const parts = [];
      for (const field of Object.values(type.getFields())) {
        const required = isNonNullType(field.type) && field.defaultValue === undefined;
        if (required || (depth < 3 && chance(0.35))) parts.push(`${field.name}: ${literal(field.type, depth + 1, constant)}`);
      }
      return '{' + parts.join(', ') + '}';
    }
    return scalarLiteral(type.name);
  }
  function literal2(type, depth) { for (;;) { const text = literal(type, depth, true); if (text !== 'null') return text; } }
  function args(definitions) {
    const parts = [];
    for (const argument of definitions) {
      const required = isNonNullType(argument.type) && argument.defaultValue === undefined;
      if (required || chance(0.5)) parts.push(`${argument.name}: ${literal(argument.type, 0, false)}`);
    }
    return parts.length ? `(${parts.join(', ')})` : '';
  }
  function directives(location) {
    let text = '';
    if (chance(0.9)) return text;
    for (const directive of schema.getDirectives()) {
      if (directive.locations.includes(location) && chance(0.5)) text += ` @${directive.name}${args(directive.args)}`;
    }
    return text;
  }
  function field(type, depth) {
    if (isUnionType(type) || chance(0.06)) return (chance(0.3) ? 'kind: ' : '') + '__typename';
    const definition = pick(Object.values(type.getFields()));
    const named = getNamedType(definition.type);
    const alias = chance(0.15) ? `a${below(4)}: ` : '';
    const text = `${alias}${definition.name}${args(definition.args)}${directives('FIELD')}`;
    if (isLeafType(named)) return text;
    return text + ' ' + selections(named, depth + 1);
  }
  function selections(type, depth) {
    if (depth > depthMax) return '{ __typename }';
    const parts = [];
    const size = 1 + below(depth > 2 ? 2 : 4);
    for (let i = 0; i < size; ++i) {
      const roll = rand();
      const near = isObjectType(type) || isInterfaceType(type) || isUnionType(type) ? related(type) : [type];
      if (roll < 0.1) {
        const on = pick(near);
        parts.push(`...${chance(0.8) ? ' on ' + on.name : ((n) => '')()}${directives('INLINE_FRAGMENT')} ${selections(chance(1) ? on : type, depth + 1)}`.replace(/^\.\.\.( @[^{]*)? \{/, (m) => m));
      } else if (roll < 0.22) {
        const known = [...fragments.values()].filter((f) => near.includes(f.type) && f.done);
        if (known.length && chance(0.7)) { parts.push('...' + pick(known).name + directives('FRAGMENT_SPREAD')); continue; }
        const on = pick(near);
        const fragment = { name: 'F' + fragments.size, type: on, body: '', done: false };
        fragments.set(fragment.name, fragment);
        fragment.body = selections(on, depth + 1);
        fragment.done = true;
        parts.push('...' + fragment.name + directives('FRAGMENT_SPREAD'));
      } else parts.push(field(type, depth));
    }
    return '{ ' + parts.join(chance(0.2) ? '\n  ' : ' ') + ' }';
  }
  const relatedCache = new Map();
  function related(type) {
    if (!relatedCache.has(type)) relatedCache.set(type, composite.filter((other) => graphql.doTypesOverlap(schema, type, other)));
    return relatedCache.get(type);
  }
  function document() {
    variables = new Map(); fragments = new Map(); variableValues = {};
    depthMax = 2 + below(3);
    const kinds = ['query', 'query', 'query', 'mutation', 'subscription'].filter((k) => schema.getRootType(k));
    const kind = pick(kinds);
    const root = schema.getRootType(kind);
    let body = selections(root, 0);
    if (kind === 'query' && chance(0.05)) body = body.replace('{', '{ __schema { types { name ofType { kind } } } __type(name: "Int") { name fields(includeDeprecated: true) { args { type { name } } } }');
    const head = [...variables].map(([name, v]) => `$${name}: ${typeText(v.type)}${v.initial === null ? '' : ' = ' + v.initial}`).join(', ');
    const named = chance(0.6) || head || kind !== 'query';
    let text = named ? `${kind}${chance(0.7) ? ' Op' : ''}${head ? `(${head})` : ''}${directives(kind.toUpperCase())} ${body}` : body;
    for (const fragment of fragments.values()) text += `\nfragment ${fragment.name} on ${fragment.type.name} ${fragment.body}`;
    return { query: text, variables: { ...variableValues } };
  }
  const words = ['id', 'name', 'nope', 'search', 'on', 'fragment', 'query', 'F0', 'F1', 'Op', 'String', 'Int', 'true', 'null', 'DOG', 'EUCLIDEAN', 'config', 'limit', 'v0', 'v1', '__typename', 'skip', 'include', 'collection', 'vector'];
  const marks = ['{', '}', '(', ')', '[', ']', ':', '$', '@', '...', '!', '=', '|', '&', '"x"', '1', '1.5', '-', '01', '1a', '"', '"""', '#c\n', '.', '%', '\u0007', '"\\q"', '"\\uD83D"', '"\\uD83D\\uDE00"', '😀', ',', '\n', '\r\n', '\uFEFF', '@skip(if: true)', '@include(if: $v0)', '@nope', '@deprecated', 'a: 1'];
  const tokens = (text) => text.match(/\.\.\.|"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|[A-Za-z_]\w*|-?\d[\w.+-]*|\s+|[^\s\w]/g) ?? [];
  function mutate(text) {
    const list = tokens(text);
    const at = below(list.length);
    const names = list.map((t, i) => [t, i]).filter(([t]) => /^[A-Za-z_]/.test(t));
    switch (below(9)) {
      case 0: list.splice(at, 1); break;
      case 1: list.splice(at, 0, list[at]); break;
      case 2: list[at] = pick(marks); break;
      case 3: list.splice(at, 0, ' ' + pick(marks) + ' '); break;
      case 4: case 5: if (names.length) list[pick(names)[1]] = chance(0.6) ? pick(names)[0] : pick(words); break;
      case 6: if (names.length) list[pick(names)[1]] = pick(outputs).name; break;
      case 7: { const other = below(list.length); [list[at], list[other]] = [list[other], list[at]]; break; }
      default: { const end = Math.min(list.length, at + 1 + below(12)); list.splice(at, 0, ' ', ...list.slice(at, end), ' '); }
    }
    return list.join('');
  }
  const extras = ['\nquery Op { __typename }', '\n{ __typename }', '\nfragment F0 on Nope { id }', '\nfragment Z on Int { x }', '\nfragment A on Query { ...B } fragment B on Query { ...A }', '\nmutation M($x: Nope) { __typename }', '\nquery X($a: Int, $a: Int) { __typename }', '\nfragment on on Query { a }', '\nquery Y($q: Query) { __typename }'];
  return () => {
    const request = document();
    const roll = rand();
    if (roll < 0.3) return request;
    if (roll < 0.45) {
      const keys = Object.keys(request.variables);
      const names = [...variables.keys()];
      if (names.length) {
        const name = pick(names);
        if (chance(0.2)) delete request.variables[name];
        else if (keys.includes(name) && typeof request.variables[name] === 'object' && request.variables[name] !== null && chance(0.6)) {
          const inner = Object.keys(request.variables[name]);
          request.variables[name][inner.length && chance(0.8) ? pick(inner) : 'nope'] = wrongJson();
        } else request.variables[name] = wrongJson();
      }
      return request;
    }
    if (roll < 0.55) request.query += pick(extras);
    const times = 1 + below(2);
    if (roll >= 0.52) for (let i = 0; i < times; ++i) request.query = mutate(request.query);
    return request;
  };
}
