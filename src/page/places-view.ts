import { button, element } from "./elements.js";

/** What can be done at a place. */
export interface PlaceAction {
  readonly words: string;
  readonly press: () => void;
  /** Why it cannot be done now; then the button is off. */
  readonly obstacle?: string | undefined;
  readonly isMain?: boolean;
}

/** A place where machines run, as the table shows it. */
export interface PlaceRow {
  /** For people, and the row's name in the page. */
  readonly place: string;
  readonly isHere?: boolean;
  readonly machines: readonly {
    readonly words: string;
    readonly actions: readonly PlaceAction[];
  }[];
}

/** The table of places. Only what has changed is drawn anew, so that nobody's click or focus is lost. */
export class PlacesView {
  readonly #body = element("places", HTMLTableSectionElement);
  #drawn = "";

  show(rows: readonly PlaceRow[]): void {
    const lines = rows.flatMap(({ machines }) => machines);
    const drawn = JSON.stringify(
      rows.map(({ machines, ...row }) => [row, machines.map(({ actions }) => actions)]),
    );
    if (drawn !== this.#drawn) {
      const focused = document.activeElement?.getAttribute("data-key") ?? "";
      this.#drawn = drawn;
      this.#body.replaceChildren(...rows.flatMap(rowsOf));
      if (focused !== "")
        this.#body.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    }
    for (const [index, { words }] of lines.entries()) {
      const cell = this.#body.rows.item(index)?.cells.item(1);
      if (cell && cell.textContent !== words) cell.textContent = words;
    }
  }
}

function rowsOf({ place, isHere, machines }: PlaceRow): HTMLElement[] {
  return machines.map(({ words, actions }, index) => {
    const row = document.createElement("tr");
    row.dataset["place"] = place;
    if (isHere) row.className = "here";
    const buttons = actions.map(({ words: label, press, obstacle, isMain }) => {
      const made = button(label, press, isMain ? "main" : "plain");
      made.dataset["key"] = `${place}/${index}/${label}`;
      made.disabled = obstacle !== undefined;
      made.title = obstacle ?? "";
      return made;
    });
    row.append(cell(index === 0 ? place : ""), cell(words), cell(...buttons));
    return row;
  });
}

function cell(...content: (string | Node)[]): HTMLElement {
  const made = document.createElement("td");
  made.className = "left";
  made.append(...content);
  return made;
}
