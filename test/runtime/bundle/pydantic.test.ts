import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import { pydanticSchema } from '../../../runtime/bundle/pydantic.js';

function made(schema: Joi.Schema) {
  type Standard = { '~standard': { jsonSchema: { input(options: { target: string }): unknown } } };
  const body = (schema as unknown as Standard)['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  const { source, findings } = pydanticSchema(body);
  return {
    lines: source
      .split('\n')
      .slice(1)
      .filter((line) => line !== ''),
    findings: findings.map(({ message }) => message),
  };
}

describe('schema.py', () => {
  it('takes a picture as text', () => {
    const { lines, findings } = made(Joi.object({ data: Joi.alternatives(Joi.string(), Joi.binary()).required() }));
    expect(findings).toEqual([]);
    expect(lines).toEqual([
      'from pydantic import BaseModel',
      'class PredictSchema(BaseModel, extra="forbid"):',
      '    data: str',
    ]);
  });

  it('keeps types and the rules that both versions of pydantic have', () => {
    const { lines, findings } = made(
      Joi.object({
        data: Joi.string().min(2).max(9).required().description('a "word"'),
        top: Joi.number().integer().min(1).max(5).default(3),
        ratio: Joi.number().greater(0),
        kind: Joi.string().valid('a', 'b'),
        flags: Joi.array().items(Joi.boolean()),
        more: Joi.object({ inner: Joi.string().allow(null).required() }).unknown(),
        free: Joi.object(),
        any: Joi.any(),
      }).unknown(),
    );
    expect(findings).toEqual([]);
    expect(lines).toEqual([
      'from typing import Any, Dict, List, Literal, Optional',
      'from pydantic import BaseModel, Field',
      'class More(BaseModel, extra="allow"):',
      '    inner: Optional[str]',
      'class PredictSchema(BaseModel, extra="allow"):',
      '    data: str = Field(..., min_length=2, max_length=9, description="a \\"word\\"")',
      '    top: int = Field(3, ge=1, le=5)',
      '    ratio: Optional[float] = Field(None, gt=0)',
      '    kind: Optional[Literal["a", "b"]] = None',
      '    flags: Optional[List[bool]] = None',
      '    more: Optional[More] = None',
      '    free: Optional[Dict[str, Any]] = None',
      '    any: Any = None',
    ]);
  });

  it('reports what only joi can check', () => {
    const { lines, findings } = made(
      Joi.object({
        data: Joi.string().pattern(/^a+$/).required(),
        many: Joi.array().items(Joi.number().min(3)).min(1).required(),
        link: Joi.link('#data').required(),
        keyed: Joi.object().pattern(Joi.string(), Joi.number()).required(),
      }),
    );
    expect(findings.map((message) => message.split(';')[0])).toEqual([
      'PredictSchema.data: pattern has no counterpart in pydantic',
      'PredictSchema.many[]: minimum has no counterpart in pydantic',
      'PredictSchema.many: minItems has no counterpart in pydantic',
      'PredictSchema.link: $ref has no counterpart in pydantic',
      'PredictSchema.keyed: patternProperties has no counterpart in pydantic',
    ]);
    expect(lines.slice(3)).toEqual([
      '    data: str = Field(..., min_length=1)',
      '    many: List[float]',
      '    link: Any',
      '    keyed: Dict[str, Any]',
    ]);
  });

  it('renames fields that Python or pydantic keeps for itself', () => {
    const { lines } = made(
      Joi.object({ data: Joi.any().required(), class: Joi.string(), json: Joi.number(), 'x-y': Joi.boolean() }),
    );
    expect(lines.slice(3)).toEqual([
      '    data: Any',
      '    field_class: Optional[str] = Field(None, min_length=1, alias="class")',
      '    field_json: Optional[float] = Field(None, alias="json")',
      '    field_x_y: Optional[bool] = Field(None, alias="x-y")',
    ]);
  });

  it('takes anything where the schema has no form', () => {
    const { source, findings } = pydanticSchema(undefined);
    expect(source).toContain('data: Any');
    expect(findings).toHaveLength(1);
  });
});
