import Joi from 'joi';

/** The body of a predict request: `data` is a URL, a data URI or base64 text; uploads arrive as bytes. */
export const PredictSchema = Joi.object({
  data: Joi.alternatives(Joi.string(), Joi.binary())
    .required()
    .description('A picture of one shape: an http(s) URL, a data URI or base64.'),
});
