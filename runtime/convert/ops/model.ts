import type { Graph } from '../graph.js';
import type { TfjsModel } from '../read/model.js';
import { Unsupported } from '../unsupported.js';
export function operationsGraph(_model: TfjsModel): { graph: Graph; notes: readonly string[] } {
  throw new Unsupported('a graph model', '');
}
