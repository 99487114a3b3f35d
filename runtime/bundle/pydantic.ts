import type { Finding } from '../errors.js';

/** A node of JSON Schema, as joi 18.3 writes it (draft 2020-12). */
interface Node {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Node;
  readonly items?: Node;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly default?: unknown;
  readonly description?: string;
  readonly [rule: string]: unknown;
}

export interface PydanticSchema {
  /** schema.py, for pydantic 1.8 and later and for 2. */
  readonly source: string;
  /** Rules that only the joi schema inside the upload checks. */
  readonly findings: readonly Finding[];
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  null: 'None',
};
/** JSON Schema's rule to `Field`'s argument, where both versions of pydantic agree. */
const RULES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  minLength: ['min_length', ['string']],
  maxLength: ['max_length', ['string']],
  minimum: ['ge', ['integer', 'number']],
  maximum: ['le', ['integer', 'number']],
  exclusiveMinimum: ['gt', ['integer', 'number']],
  exclusiveMaximum: ['lt', ['integer', 'number']],
  multipleOf: ['multiple_of', ['integer', 'number']],
};
const STRUCTURE = [
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  'oneOf',
  'default',
  'description',
  'title',
  'examples',
  '$schema',
  'format',
  'deprecated',
];
/** Names that a field may not have in one pydantic or the other. */
const TAKEN =
  /^(?:_|model_)|^(?:copy|dict|json|schema|schema_json|construct|validate|fields|parse_\w+|from_orm|update_forward_refs|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False)$/;

/**
 * The pydantic `PredictSchema` of a request body's JSON Schema. What has no counterpart in both pydantic 1 and 2 becomes
 * `Any`, or loses the rule, with a finding: the joi schema inside the upload checks every request again.
 */
export function pydanticSchema(body: unknown): PydanticSchema {
  const writer = new Writer();
  const root = isNode(body) && body.properties !== undefined ? body : { properties: { data: {} }, required: ['data'] };
  if (root !== body) writer.lost('', 'the form of the body');
  writer.model('PredictSchema', root, '');
  const typing = ['Any', 'Dict', 'List', 'Literal', 'Optional', 'Union'].filter((name) => writer.uses(name));
  const imports = [
    ...(typing.length === 0 ? [] : [`from typing import ${typing.join(', ')}`, '']),
    `from pydantic import BaseModel${writer.uses('Field') ? ', Field' : ''}`,
  ];
  const head = '"""The request body, made from the joi schema of the package (which checks it again, inside)."""';
  return {
    source: `${[head, ...imports].join('\n')}\n\n\n${writer.models.join('\n\n\n')}\n`,
    findings: writer.findings,
  };
}

class Writer {
  readonly models: string[] = [];
  readonly findings: Finding[] = [];
  readonly #used = new Set<string>();
  readonly #names = new Set<string>();

  uses(name: string): boolean {
    return this.#used.has(name);
  }

  model(wanted: string, node: Node, path: string): string {
    let name = wanted;
    for (let number = 2; this.#names.has(name); number++) name = `${wanted}${number}`;
    this.#names.add(name);
    const required = new Set(node.required ?? []);
    const lines = Object.entries(node.properties ?? {}).map(([key, child]) =>
      this.#field(key, child, required.has(key), path === '' ? key : `${path}.${key}`),
    );
    const extra = node.additionalProperties === false ? ', extra="forbid"' : ', extra="allow"';
    this.models.push([`class ${name}(BaseModel${extra}):`, ...(lines.length === 0 ? ['    pass'] : lines)].join('\n'));
    return name;
  }

  lost(path: string, what: string): void {
    const field = path === '' ? 'PredictSchema' : `PredictSchema.${path}`;
    this.findings.push({
      severity: 'note',
      rule: 'package/schema-rule',
      message: `${field}: ${what} has no counterpart in pydantic; schema.py lets it pass and the joi schema inside checks it`,
      file: 'schema.py',
    });
  }

  #field(key: string, node: Node, required: boolean, path: string): string {
    const safe = /^[A-Za-z_]\w*$/.test(key) && !TAKEN.test(key);
    const name = safe ? key : `field_${key.replace(/\W/g, '_')}`;
    const type = this.#type(node, path);
    const rules = this.#rules(node, path);
    const given = node.default !== undefined ? python(node.default) : required ? '...' : 'None';
    const optional = !required && node.default === undefined;
    const annotation = optional && type !== 'Any' ? this.#use('Optional', `Optional[${type}]`) : type;
    const details = [
      ...rules,
      ...(safe ? [] : [`alias=${python(key)}`]),
      ...(node.description === undefined ? [] : [`description=${python(node.description)}`]),
    ];
    if (details.length > 0)
      return `    ${name}: ${annotation} = ${this.#use('Field', `Field(${[given, ...details].join(', ')})`)}`;
    return given === '...' ? `    ${name}: ${annotation}` : `    ${name}: ${annotation} = ${given}`;
  }

  #type(node: Node, path: string): string {
    const choices = node.anyOf ?? node.oneOf;
    if (choices !== undefined) return this.#union(choices.map((choice) => this.#inner(choice, path)));
    if (node.const !== undefined) return this.#literal([node.const], path);
    if (node.enum !== undefined) return this.#literal(node.enum, path);
    if (Array.isArray(node.type)) return this.#union(node.type.map((type) => this.#type({ ...node, type }, path)));
    if (node.type === 'array') return this.#use('List', `List[${this.#inner(node.items ?? {}, `${path}[]`)}]`);
    if (node.type === 'object') return this.#object(node, path);
    if (typeof node.type === 'string' && SCALARS[node.type] !== undefined) return SCALARS[node.type] as string;
    if (Object.keys(node).some((rule) => !STRUCTURE.includes(rule))) this.lost(path, Object.keys(node).join(', '));
    return this.#use('Any', 'Any');
  }

  /** Inside a list or a union no `Field` can hold the rules. */
  #inner(node: Node, path: string): string {
    const rules = Object.keys(node).filter((rule) => !STRUCTURE.includes(rule) && node.type !== undefined);
    const told = rules.filter((rule) => !isDefault(rule, node));
    if (told.length > 0) this.lost(path, told.join(', '));
    return this.#type(node, path);
  }

  #object(node: Node, path: string): string {
    if (node.properties !== undefined) {
      const words = path.split(/\W+/).filter(Boolean);
      return this.model(words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(''), node, path);
    }
    if (node.patternProperties !== undefined) this.lost(path, 'patternProperties');
    const values = isNode(node.additionalProperties)
      ? this.#inner(node.additionalProperties, path)
      : this.#use('Any', 'Any');
    return this.#use('Dict', `Dict[str, ${values}]`);
  }

  #literal(values: readonly unknown[], path: string): string {
    if (
      values.every(
        (value) => value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value),
      )
    ) {
      return this.#use('Literal', `Literal[${values.map(python).join(', ')}]`);
    }
    this.lost(path, 'a choice among values that are no text or whole numbers');
    return this.#use('Any', 'Any');
  }

  #union(types: readonly string[]): string {
    const different = [...new Set(types)];
    if (different.includes('Any')) return this.#use('Any', 'Any');
    if (different.length === 1) return different[0] as string;
    const values = different.filter((type) => type !== 'None');
    const joined = values.length === 1 ? (values[0] as string) : this.#use('Union', `Union[${values.join(', ')}]`);
    return different.length === values.length ? joined : this.#use('Optional', `Optional[${joined}]`);
  }

  #rules(node: Node, path: string): string[] {
    const rules = Object.keys(node).filter((rule) => !STRUCTURE.includes(rule));
    const known = rules.filter((rule) => typeof node.type === 'string' && RULES[rule]?.[1].includes(node.type));
    const unknown = rules.filter(
      (rule) => !known.includes(rule) && !isDefault(rule, node) && node.type !== undefined && node.type !== 'object',
    );
    if (unknown.length > 0) this.lost(path, unknown.join(', '));
    return known.map((rule) => `${RULES[rule]?.[0]}=${python(node[rule])}`);
  }

  #use(name: string, text: string): string {
    this.#used.add(name);
    return text;
  }
}

/** "At least one character" is joi's default for every string: no rule that its author wrote. */
function isDefault(rule: string, node: Node): boolean {
  return rule === 'minLength' && node[rule] === 1;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON text is Python text but for three words and, in strings, for characters outside the basic plane. */
function python(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value as object)
      .map(([key, item]) => `${python(key)}: ${python(item)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}
