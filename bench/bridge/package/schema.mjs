import Joi from 'joi';

export const PredictSchema = Joi.object({ data: Joi.alternatives(Joi.string(), Joi.binary()).required() });
