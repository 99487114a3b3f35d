import { useEffect, useRef, useState } from 'preact/hooks';

interface Props {
  readonly onShot: (picture: Blob) => void;
}

/** The webcam, and a button that takes one picture at the camera's own size. */
export function Camera({ onShot }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    let stream: MediaStream | undefined;
    let gone = false;
    navigator.mediaDevices
      .getUserMedia({ video: { facingMode: 'environment' } })
      .then((opened) => {
        stream = opened;
        if (gone) return stop(opened);
        if (video.current) video.current.srcObject = opened;
      })
      .catch((error: Error) =>
        setProblem(
          error.name === 'NotAllowedError' ? 'The browser was not allowed to use the camera.' : 'No camera was found.',
        ),
      );
    return () => {
      gone = true;
      if (stream) stop(stream);
    };
  }, []);

  if (problem) {
    return (
      <div class="invite" role="alert">
        <p>{problem}</p>
      </div>
    );
  }
  return (
    <div class="camera">
      <video ref={video} autoplay muted playsInline />
      <button type="button" class="primary" ref={focus} onClick={() => video.current && shoot(video.current, onShot)}>
        Take the picture
      </button>
    </div>
  );
}

/** The button is what the camera was opened for. */
function focus(button: HTMLElement | null) {
  button?.focus();
}

function shoot(video: HTMLVideoElement, onShot: Props['onShot']) {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  canvas.toBlob((blob) => blob && onShot(blob), 'image/jpeg', 0.92);
}

function stop(stream: MediaStream) {
  for (const track of stream.getTracks()) track.stop();
}
