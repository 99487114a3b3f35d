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
  readonly unit: string;
  /** The ends of the time axis, in seconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Lines over time, in the page's own colours. */
export function Chart(props: Props) {
  const { title, spoken, times, lines, unit, from, to } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const shape = lines.map(({ name }) => name).join('|');

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, props), dataOf(times, lines), element);
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
  }, [shape, unit]);

  useEffect(() => {
    plot.current?.setData(dataOf(times, lines), false);
    plot.current?.setScale('x', { min: from, max: to });
  }, [times, lines, from, to]);

  return (
    <figure>
      <h3>{title}</h3>
      <div class="chart" ref={box} role="img" aria-label={spoken} />
    </figure>
  );
}

function dataOf(times: Props['times'], lines: Props['lines']): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;
}

function options(element: HTMLElement, { lines, unit, from, to }: Props): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (token: string) => resolved(element, style.getPropertyValue(token));
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    cursor: { show: false },
    scales: { x: { min: from, max: to, auto: false }, y: { range: (_, _low, high) => [0, Math.max(high * 1.1, 1)] } },
    axes: [
      { ...axis, size: 28, values: (_, ticks) => ticks.map((tick) => clock(tick, to - from)) },
      { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => `${tick} ${unit}`) },
    ],
    series: [
      {},
      ...lines.map(({ name, quiet }) => ({
        label: name,
        stroke: colour(quiet ? '--quiet' : '--accent'),
        width: quiet ? 1 : 2,
        points: { show: true, size: 4 },
      })),
    ],
  };
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
