import { useEffect, useRef, useState } from 'preact/hooks';
import type { Picture } from '../types.js';
import { Camera } from './camera.js';

interface Props {
  readonly picture: Picture | undefined;
  /** Object URL of what the model saw. */
  readonly seen: string | undefined;
  readonly samples: readonly string[];
  readonly onPicture: (picture: Picture) => void;
}

/** Where a picture comes in: drop, paste, choose, URL, camera or a sample. */
export function PicturePanel({ picture, seen, samples, onPicture }: Props) {
  const [over, setOver] = useState(false);
  const [camera, setCamera] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const shown = useObjectUrl(picture);
  usePaste(onPicture);

  const take = (file: Blob | undefined | null, name = 'picture.jpg') => {
    if (file) onPicture({ kind: 'file', blob: file, name: file instanceof File ? file.name : name });
  };

  return (
    <section class="card" aria-labelledby="picture-heading">
      <h2 id="picture-heading" class="visually-hidden">
        Picture
      </h2>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is an addition; the buttons below do the same from the keyboard */}
      <div
        class={`drop${over ? ' over' : ''}${picture || camera ? ' filled' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files[0]);
        }}
      >
        {camera ? (
          <Camera
            onShot={(blob) => {
              setCamera(false);
              take(blob, 'camera.jpg');
            }}
            onClose={() => setCamera(false)}
          />
        ) : shown ? (
          <Shown key={shown} url={shown} name={picture?.kind === 'file' ? picture.name : ''} />
        ) : picture?.kind === 'url' ? (
          seen ? (
            <img src={seen} alt="As the model sees it" />
          ) : (
            <p class="quiet">The server fetches this picture.</p>
          )
        ) : (
          <div class="invite">
            <p>Drop a picture here, or paste one.</p>
            <button type="button" class="primary" onClick={() => chooser.current?.click()}>
              Choose a picture
            </button>
            {samples.length > 0 && <Samples names={samples} onPicture={onPicture} />}
          </div>
        )}
      </div>
      {picture && seen && (
        <div class="seen">
          <img src={seen} alt="As the model sees it, after crop and resize" />
          <p class="quiet">As the model sees it, after crop and resize.</p>
        </div>
      )}
      <div class="row sources">
        {picture && (
          <button type="button" onClick={() => chooser.current?.click()}>
            Choose another
          </button>
        )}
        {'mediaDevices' in navigator && (
          <button type="button" onClick={() => setCamera(!camera)}>
            {camera ? 'Close camera' : 'Camera'}
          </button>
        )}
        <UrlForm onPicture={onPicture} />
        <input
          ref={chooser}
          class="visually-hidden"
          type="file"
          accept="image/*"
          aria-label="Picture file"
          tabIndex={-1}
          onChange={(event) => {
            take(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {picture && samples.length > 0 && (
        <div class="sources">
          <Samples names={samples} onPicture={onPicture} />
        </div>
      )}
    </section>
  );
}

/** A browser cannot show everything that may be sent; the server says what is wrong with it. */
function Shown({ url, name }: { readonly url: string; readonly name: string }) {
  const [broken, setBroken] = useState(false);
  return broken ? <p>{name}</p> : <img src={url} alt="What you chose" onError={() => setBroken(true)} />;
}

function UrlForm({ onPicture }: Pick<Props, 'onPicture'>) {
  return (
    <form
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

function Samples({ names, onPicture }: { readonly names: readonly string[] } & Pick<Props, 'onPicture'>) {
  const pick = async (name: string) => {
    const response = await fetch(`/samples/${encodeURIComponent(name)}`);
    if (response.ok) onPicture({ kind: 'file', blob: await response.blob(), name });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame and legend
    <div class="samples" role="group" aria-label="Sample pictures">
      {names.slice(0, 8).map((name) => (
        <button type="button" key={name} title={name} onClick={() => void pick(name)}>
          <img src={`/samples/${encodeURIComponent(name)}`} alt={`Sample ${name}`} loading="lazy" />
        </button>
      ))}
    </div>
  );
}

function usePaste(onPicture: Props['onPicture']) {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (file) onPicture({ kind: 'file', blob: file, name: file.name });
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [onPicture]);
}

function useObjectUrl(picture: Picture | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (picture?.kind !== 'file') {
      setUrl(undefined);
      return;
    }
    const made = URL.createObjectURL(picture.blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return url;
}
