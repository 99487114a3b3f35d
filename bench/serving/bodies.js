// One file a request body, for the load process to read.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the file and content type of a JSON body as this server takes it */
export function jsonBody(folder, contender, picture, megapixels) {
  const { type, body } = contender.body(picture.toString('base64'));
  const bodyFile = join(folder, `${contender.body.name}-${megapixels}.json`);
  writeFileSync(bodyFile, body);
  return { type, bodyFile };
}

/** @returns the file and content type of the picture as a multipart upload */
export function multipartBody(folder, picture, megapixels) {
  const boundary = 'katonic-bench-0f3a';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="picture.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
  const bodyFile = join(folder, `multipart-${megapixels}`);
  writeFileSync(bodyFile, Buffer.concat([Buffer.from(head), picture, Buffer.from(`\r\n--${boundary}--\r\n`)]));
  return { type: `multipart/form-data; boundary=${boundary}`, bodyFile };
}
