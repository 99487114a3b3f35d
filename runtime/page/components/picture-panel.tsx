import { useEffect, useRef, useState } from 'preact/hooks';
import { sample, samplePath } from '../api.js';
import type { Source } from '../asking.js';
import { useObjectUrl } from '../object-url.js';
import type { Asked, Picture, Seen } from '../types.js';
import { Camera } from './camera.js';

interface Props {
  readonly asked: Asked;
  readonly samples: readonly string[];
  readonly onPicture: (source: Source) => void;
}

/**
 * Where a picture comes in: drop, paste, choose, URL, camera or a sample. The buttons stay where they are, whatever
 * the frame above them shows, so that the focus stays too.
 */
export function PicturePanel({ asked, samples, onPicture }: Props) {
  const [camera, setCamera] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const cameraButton = useRef<HTMLButtonElement>(null);
  const picture = 'picture' in asked ? asked.picture : undefined;

  const take = (given: Picture) => {
    setCamera(false);
    onPicture(() => given);
  };
  const over = useDrop(take);
  usePaste(take);

  return (
    <section class="card picture" aria-labelledby="picture-heading">
      <h2 id="picture-heading" class="visually-hidden">
        Picture
      </h2>
      <div class={`drop${over ? ' over' : ''}${picture || camera ? ' filled' : ''}`}>
        {camera ? (
          <Camera
            onShot={(blob) => {
              take({ kind: 'file', blob, name: 'camera.jpg' });
              cameraButton.current?.focus();
            }}
          />
        ) : picture?.kind === 'file' ? (
          <Chosen key={picture.name} picture={picture} />
        ) : picture ? (
          <Fetched url={picture.url} seen={asked.state === 'answered' ? asked.seen : { state: 'waiting' }} />
        ) : (
          <div class="invite">
            <p class="lead">No picture yet</p>
            <p class="quiet">Drop one anywhere on this page, paste it, or choose it below.</p>
          </div>
        )}
      </div>
      <div class="row">
        <button type="button" class={picture || camera ? '' : 'primary'} onClick={() => chooser.current?.click()}>
          Choose a picture
        </button>
        {'mediaDevices' in navigator && (
          <button type="button" ref={cameraButton} aria-pressed={camera} onClick={() => setCamera(!camera)}>
            Camera
          </button>
        )}
        <UrlForm onPicture={take} />
        <input
          ref={chooser}
          class="visually-hidden"
          type="file"
          accept="image/*"
          aria-label="Picture file"
          tabIndex={-1}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) take({ kind: 'file', blob: file, name: file.name });
            event.currentTarget.value = '';
          }}
        />
      </div>
      {samples.length > 0 && (
        <Samples
          names={samples}
          onPick={(name) => {
            setCamera(false);
            onPicture((signal) => sample(name, signal));
          }}
        />
      )}
    </section>
  );
}

function Chosen({ picture }: { readonly picture: Extract<Picture, { kind: 'file' }> }) {
  const url = useObjectUrl(picture.blob);
  const [broken, setBroken] = useState<string>();
  if (!url) return null;
  // A browser cannot show everything that may be sent; the server says what is wrong with it.
  return broken === url ? (
    <div class="invite">
      <p class="lead">{picture.name}</p>
      <p class="quiet">The browser cannot show this file.</p>
    </div>
  ) : (
    <img src={url} alt="What you chose" onError={() => setBroken(url)} />
  );
}

/** The server fetches the picture, and the page no second time: what can be shown is what the model saw. */
function Fetched({ url, seen }: { readonly url: string; readonly seen: Seen }) {
  const shown = useObjectUrl(seen.state === 'shown' ? seen.png : undefined);
  if (shown) return <img class="coarse" src={shown} alt="The fetched picture, as the model sees it" />;
  return (
    <div class="invite">
      <p class="quiet">The server fetches</p>
      <p class="url">{url}</p>
    </div>
  );
}

function UrlForm({ onPicture }: { readonly onPicture: (picture: Picture) => void }) {
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        const url = String(new FormData(event.currentTarget).get('url') ?? '').trim();
        if (url !== '') onPicture({ kind: 'url', url });
      }}
    >
      <input type="url" name="url" placeholder="https://…" aria-label="URL of a picture" required />
      <button type="submit">Fetch</button>
    </form>
  );
}

/** So many samples are offered. */
const SAMPLES = 8;

function Samples({ names, onPick }: { readonly names: readonly string[]; readonly onPick: (name: string) => void }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame and legend
    <div class="samples" role="group" aria-label="Sample pictures">
      {names.slice(0, SAMPLES).map((name) => (
        <button type="button" key={name} title={name} onClick={() => onPick(name)}>
          <img src={samplePath(name)} alt={`Sample ${name}`} loading="lazy" />
        </button>
      ))}
    </div>
  );
}

/** Takes what is dropped anywhere on the page: beside the frame, a browser would leave the page for the picture. */
function useDrop(onPicture: (picture: Picture) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const dragOver = (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const picture = pictureIn(event.dataTransfer);
      if (picture) onPicture(picture);
    };
    document.addEventListener('dragover', dragOver);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', dragOver);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, [onPicture]);
  return over;
}

function usePaste(onPicture: (picture: Picture) => void) {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      // A URL that is pasted into a field belongs there.
      if (event.target instanceof HTMLInputElement) return;
      const picture = pictureIn(event.clipboardData);
      if (picture) onPicture(picture);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [onPicture]);
}

/** A file, else the URL of a picture that was dragged or copied out of another page. */
function pictureIn(data: DataTransfer | null): Picture | undefined {
  const file = data?.files[0];
  if (file) return { kind: 'file', blob: file, name: file.name };
  const text = (data?.getData('text/uri-list') || data?.getData('text/plain') || '').trim();
  return /^https?:\/\/\S+$/.test(text) ? { kind: 'url', url: text } : undefined;
}
