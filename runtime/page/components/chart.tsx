import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

interface Props {
  readonly title: string;
  /** In words, for people who do not see the lines. */
  readonly spoken: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    readonly quiet?: boolean;
  }[];
  /** Bars for counts, which are 0 where nothing happened; lines for what has gaps. */
  readonly form: 'bars' | 'lines';
  /** The ends of the time axis, in seconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Lines over time, in the page's own colours. */
export function Chart(props: Props) {
  const { title, spoken, times, lines, from, to } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const latest = useRef(props);
  latest.current = props;
  const shape = lines.map(({ name }) => name).join('|');

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, latest.current), dataOf(latest.current), element);
      plot.current.setScale('x', { min: latest.current.from, max: latest.current.to });
    };
    make();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    return () => {
      scheme.removeEventListener('change', make);
      resized.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(dataOf(latest.current), false);
    plot.current?.setScale('x', { min: from, max: to });
  }, [times, lines, from, to]);

  return (
    <figure>
      <h3>
        {title}
        {lines.length > 1 &&
          lines.map(({ name, quiet }) => (
            <span key={name} class={`key${quiet ? '' : ' accent'}`}>
              {name}
            </span>
          ))}
      </h3>
      <div class="chart" ref={box} role="img" aria-label={spoken} />
    </figure>
  );
}

function dataOf({ times, lines }: Props): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;
}

/** Ticks of a count stand on whole numbers. */
const WHOLE = [1, 2, 5].flatMap((step) => Array.from({ length: 9 }, (_, power) => step * 10 ** power));

function options(element: HTMLElement, { lines, form }: Props): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (token: string) => resolved(element, style.getPropertyValue(token));
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: colour('--quiet'), ticks: { show: false }, font, gap: 6 };
  const bars = form === 'bars' ? { paths: uPlot.paths.bars!({ size: [0.7, 24, 1], radius: 0.2 }) } : {};
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [8, 16, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { auto: false }, y: { range: (_, _low, high) => [0, Math.max((high ?? 0) * 1.1, 1)] } },
    axes: [
      {
        ...axis,
        size: 24,
        space: 72,
        grid: { show: false },
        values: (plot, ticks) => ticks.map((tick) => clock(tick, spanOf(plot))),
      },
      {
        ...axis,
        size: (_, values) => 14 + 7 * Math.max(2, ...(values ?? []).map((value) => value.length)),
        space: 32,
        grid: { stroke: colour('--line'), width: 1 },
        values: (_, ticks) => ticks.map((tick) => tick.toLocaleString('en')),
        incrs: WHOLE.sort((a, b) => a - b),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, quiet }) => ({
        label: name,
        stroke: colour(quiet ? '--quiet' : '--accent'),
        fill: form === 'bars' ? colour('--accent') : undefined,
        width: form === 'bars' ? 0 : quiet ? 1 : 2,
        points: { show: form === 'lines', size: 4, fill: colour(quiet ? '--quiet' : '--accent') },
        ...bars,
      })),
    ] as uPlot.Series[],
  };
}

function spanOf({ scales }: uPlot): number {
  return (scales.x?.max ?? 0) - (scales.x?.min ?? 0);
}

function clock(seconds: number, span: number): string {
  const at = new Date(seconds * 1000);
  if (span > 172_800) return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/** A canvas does not understand light-dark(): the browser resolves it on an element first. */
function resolved(element: HTMLElement, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
