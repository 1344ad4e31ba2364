/** Characters that select a branch. */
const STEP = 8;
/** Maximum of texts that are tried one by one. */
const FEW = 8;

/**
 * Texts by their beginnings. The time to find the text at a place grows with the
 * text's length only, however many texts begin alike.
 */
export class FormTrie<Form extends { readonly text: string }> {
  /** The longest first; undefined above that maximum. */
  private few: Form[] | undefined = [];
  /** Texts that end before the next step, by their remaining characters. */
  private readonly ends = new Map<string, Form>();
  private readonly branches = new Map<string, FormTrie<Form>>();

  /** `depth`: the number of characters that all of its texts share. */
  constructor(private readonly depth = 0) {}

  /** Adds a text. The caller never adds the same one twice. */
  add(form: Form): void {
    const { few } = this;
    if (!few) {
      this.place(form);
      return;
    }
    const place = few.findIndex((other) => other.text.length < form.text.length);
    few.splice(place < 0 ? few.length : place, 0, form);
    if (few.length <= FEW) return;
    this.few = undefined;
    for (const each of few) this.place(each);
  }

  /** The longest text at a place that `fits` there. */
  longest(text: string, at: number, fits: (form: Form) => boolean): Form | undefined {
    if (this.few) return this.few.find((form) => text.startsWith(form.text, at) && fits(form));
    const from = at + this.depth;
    const further = this.branches.get(text.slice(from, from + STEP))?.longest(text, at, fits);
    if (further) return further;
    for (let length = STEP - 1; length >= 0; length -= 1) {
      const form = this.ends.get(text.slice(from, from + length));
      if (form && fits(form)) return form;
    }
    return undefined;
  }

  private place(form: Form): void {
    const next = form.text.slice(this.depth, this.depth + STEP);
    if (next.length < STEP) {
      this.ends.set(next, form);
      return;
    }
    const branch = this.branches.get(next) ?? new FormTrie<Form>(this.depth + STEP);
    this.branches.set(next, branch);
    branch.add(form);
  }
}
