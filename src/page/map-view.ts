import { formatBytes, formatCount } from "../quantity-text.js";
import { DIRTY_COLOUR, PULL_COLOUR } from "../report/palette.js";
import { element } from "./elements.js";
import { type MapPicture, PAGE } from "./page-map.js";

/** Dots of the picture when there is no machine: as of one of 32 MiB. */
const NO_DOTS = 8192;
const PAGE_BYTES = 4096;

/** Colours of the states of a page; the first two are the paper's own, light or dark. */
const COLOURS: readonly (readonly [light: string, dark: string])[] = [
  ["#ffffff", "#0d1117"],
  ["#dfe4ec", "#2b3443"],
  ["#8aa9ea", "#4467b3"],
  [DIRTY_COLOUR, DIRTY_COLOUR],
  [PULL_COLOUR, PULL_COLOUR],
];
const WORDS = ["not here", "empty", "here", "just written", "just arrived"];

/** The memory as a picture, a dot a page. */
export class MapView {
  readonly #canvas = element("map", HTMLCanvasElement);
  readonly #size = element("map-size");
  readonly #dark = matchMedia("(prefers-color-scheme:dark)");
  #picture: MapPicture | null = null;

  constructor() {
    this.#dark.addEventListener("change", () => this.#draw());
    this.show(null);
  }

  /** null: there is no machine. */
  show(picture: MapPicture | null): void {
    this.#picture = picture;
    this.#draw();
  }

  #draw(): void {
    const isDark = this.#dark.matches;
    const colours = COLOURS.map(([light, dark]) => (isDark ? dark : light));
    this.#drawLegend(colours);
    const picture = this.#picture;
    this.#size.textContent = picture === null ? "" : sizeText(picture);
    const dots = picture?.dots ?? new Uint8Array(NO_DOTS);
    // Twice as wide as high.
    this.#canvas.width = Math.ceil(Math.sqrt(2 * dots.length));
    this.#canvas.height = Math.ceil(dots.length / this.#canvas.width);
    const image = new ImageData(this.#canvas.width, this.#canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    const values = colours.map(pixelOf);
    for (let dot = 0; dot < dots.length; dot++) pixels[dot] = values[dots[dot] as number] as number;
    this.#canvas.getContext("2d")?.putImageData(image, 0, 0);
  }

  #drawLegend(colours: readonly string[]): void {
    const items = Object.values(PAGE).map((state) => {
      const item = document.createElement("span");
      const swatch = document.createElement("i");
      swatch.style.background = colours[state] ?? "";
      item.append(swatch, WORDS[state] ?? "");
      return item;
    });
    element("legend").replaceChildren(...items);
  }
}

function sizeText({ pageCount, pagesPerDot, absentPages }: MapPicture): string {
  const dot = pagesPerDot === 1 ? "a dot a page" : `a dot ${pagesPerDot} pages`;
  const absent = absentPages === 0 ? "" : `${formatCount(absentPages)} pages not here · `;
  return `${absent}${formatBytes(pageCount * PAGE_BYTES)}, ${dot}`;
}

/** #rrggbb as a pixel of image data, whose bytes are red, green, blue, opacity. */
function pixelOf(colour: string): number {
  const rgb = Number.parseInt(colour.slice(1), 16);
  return (0xff000000 | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
}
